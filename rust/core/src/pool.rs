//! The threads that bulk work runs on, and the division of work into chunks.

use std::{
    num::NonZero,
    sync::{Arc, PoisonError, RwLock},
};

use rayon::{ThreadPool, ThreadPoolBuilder, prelude::*};

use crate::error::Error;

/// The number of items handled together: enough that a shared inversion costs little per item, few enough to spread a batch
/// of a thousand items over the cores.
pub(crate) const CHUNK: usize = 64;

struct Pool {
    threads: usize,
    /// The process that started the pool. A fork inherits the pool but none of its threads, so it must not use it.
    process: u32,
    /// If there is one thread, work in chunks runs on the thread of the caller instead, and this one is idle.
    workers: ThreadPool,
}

static POOL: RwLock<Option<Arc<Pool>>> = RwLock::new(None);

fn start(threads: usize) -> Result<Arc<Pool>, Error> {
    let build = || ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("pilookup-{i}")).build();
    let workers = build().map_err(|_| Error::Threads)?;
    let pool = Arc::new(Pool { threads, process: std::process::id(), workers });
    *POOL.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&pool));
    Ok(pool)
}

fn current() -> Result<Arc<Pool>, Error> {
    let held = POOL.read().unwrap_or_else(PoisonError::into_inner).clone();
    match held {
        Some(pool) if pool.process == std::process::id() => Ok(pool),
        Some(inherited) => {
            let threads = inherited.threads;
            // Dropping it would signal threads that do not exist in this process, through locks that they may have held.
            std::mem::forget(inherited);
            start(threads)
        }
        None => start(threads()),
    }
}

/// Sets the number of threads that bulk work uses in this process from now on. Can be called more than once.
///
/// # Errors
/// - [`Error::Range`] if the number is 0 or more than 1024.
/// - [`Error::Threads`] if the threads cannot be started.
pub fn set_threads(threads: usize) -> Result<(), Error> {
    if (1..=1024).contains(&threads) {
        start(threads).map(drop)
    } else {
        Err(Error::Range { what: "threads", least: 1, most: 1024 })
    }
}

/// The number of threads that bulk work uses: the number that was set, or else one per core.
#[must_use]
pub fn threads() -> usize {
    let held = POOL.read().unwrap_or_else(PoisonError::into_inner);
    held.as_ref().map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), |pool| pool.threads)
}

/// Fills a row of `W` bytes for every item, in chunks on the pool. `fill` receives the index of the chunk's first item, the
/// items, and their rows. Of several errors, the one with the lowest index is returned.
pub(crate) fn rows<T: Sync, const W: usize>(
    items: &[T],
    fill: impl Fn(usize, &[T], &mut [[u8; W]]) -> Result<(), Error> + Sync,
) -> Result<Vec<[u8; W]>, Error> {
    let mut rows = vec![[0; W]; items.len()];
    let pool = current()?;
    let error = if pool.threads > 1 && items.len() > CHUNK {
        pool.workers.install(|| {
            let chunks = items.par_chunks(CHUNK).zip(rows.par_chunks_mut(CHUNK)).enumerate();
            chunks.filter_map(|(i, (items, rows))| fill(i * CHUNK, items, rows).err()).min_by_key(Error::index)
        })
    } else {
        let mut chunks = items.chunks(CHUNK).zip(rows.chunks_mut(CHUNK)).enumerate();
        chunks.find_map(|(i, (items, rows))| fill(i * CHUNK, items, rows).err())
    };
    error.map_or(Ok(rows), Err)
}

/// Maps every chunk of `CHUNK` items (the last may have fewer) on the pool. `each` receives the index of the chunk's first
/// item, and the items. Of several errors, the one with the lowest index is returned.
pub(crate) fn chunks<T: Sync, U: Send>(
    items: &[T],
    each: impl Fn(usize, &[T]) -> Result<U, Error> + Sync,
) -> Result<Vec<U>, Error> {
    let pool = current()?;
    if pool.threads > 1 && items.len() > CHUNK {
        let chunks = || items.par_chunks(CHUNK).enumerate().map(|(i, chunk)| each(i * CHUNK, chunk)).collect();
        let mapped: Vec<_> = pool.workers.install(chunks);
        mapped.into_iter().collect()
    } else {
        items.chunks(CHUNK).enumerate().map(|(i, chunk)| each(i * CHUNK, chunk)).collect()
    }
}

/// Maps a few items that each take a long time, in order.
pub(crate) fn map<T: Sync, U: Send>(items: &[T], each: impl Fn(&T) -> U + Sync) -> Result<Vec<U>, Error> {
    let pool = current()?;
    Ok(if pool.threads > 1 && items.len() > 1 {
        pool.workers.install(|| items.par_iter().map(&each).collect())
    } else {
        items.iter().map(each).collect()
    })
}

/// Runs `work` on the pool, so that its parallel iterators use the threads of the pool.
pub(crate) fn install<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Error> {
    Ok(current()?.workers.install(work))
}
