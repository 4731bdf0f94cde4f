/** The name of the cache with the recording that was played last. */
export const SOUND_CACHE = "sound-1";
