//! Work on many functions at once, with results taken in order, so that the number of threads never shows.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::Result;

/// Number of threads that `jobs` asks for: 0 means one a core.
pub(crate) fn threads(jobs: usize) -> usize {
    if jobs != 0 { jobs } else { std::thread::available_parallelism().map_or(1, NonZero::get) }
}

/// Below this many items the work is done on the calling thread.
const WORTH_THREADS: usize = 16;

/// Bytes of stack for a worker: as much as a main thread has.
const WORKER_STACK: usize = 8 << 20;

/// Calls `work(state, index)` for each index below `count` on `jobs` threads, each with its own `state`, and
/// `consume(index, result)` in order of index on the calling thread.
///
/// # Errors
/// The error of the lowest index, whatever the order of execution.
pub(crate) fn in_order<S, T: Send>(
    count: usize,
    jobs: usize,
    new_state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> Result<T> + Sync,
    mut consume: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    let jobs = threads(jobs);
    if jobs == 1 || count < WORTH_THREADS {
        let mut state = new_state();
        for index in 0..count {
            consume(index, work(&mut state, index)?)?;
        }
        return Ok(());
    }
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    // A worker that runs ahead of a slow function waits here, which bounds the results held back.
    let (sender, receiver) = mpsc::sync_channel(64 * jobs);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, next, stop, work, new_state) = (sender.clone(), &next, &stop, &work, &new_state);
            let worker = move || {
                let mut state = new_state();
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count || sender.send((index, work(&mut state, index))).is_err() {
                        break;
                    }
                }
            };
            std::thread::Builder::new().stack_size(WORKER_STACK).spawn_scoped(scope, worker)?;
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        let result = 'consume: {
            for (index, result) in &receiver {
                waiting.insert(index, result);
                while let Some(result) = waiting.remove(&wanted) {
                    if let Err(error) = result.and_then(|value| consume(wanted, value)) {
                        break 'consume Err(error);
                    }
                    wanted += 1;
                }
            }
            Ok(())
        };
        // Workers blocked on a full channel wake up when the receiver goes.
        stop.store(true, Ordering::Relaxed);
        drop(receiver);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        for jobs in [1, 2, 7] {
            let mut seen = Vec::new();
            in_order(
                1000,
                jobs,
                || (),
                |(), index| Ok(index * 2),
                |index, value| {
                    seen.push((index, value));
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(seen, (0..1000).map(|index| (index, index * 2)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_by_index_wins() {
        for jobs in [1, 4] {
            let error = in_order(
                1000,
                jobs,
                || (),
                |(), index| if index % 100 == 37 { Err(Error::Limit(index.to_string())) } else { Ok(()) },
                |_, ()| Ok(()),
            )
            .unwrap_err();
            assert_eq!(error.to_string(), Error::Limit("37".into()).to_string());
        }
    }
}
