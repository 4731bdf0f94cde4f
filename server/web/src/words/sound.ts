// The texts of the script sound.js.

export const SOUND_WORDS = {
  zh: { loading: "正在取声音，头一次要等一会儿……", languages: "用哪种话念" },
  en: { loading: "Fetching the sound. The first time takes a while…", languages: "Language to listen in" },
};
