//! Clocks and random bytes.

use super::*;
use crate::wasi::clocks::*;
use crate::wasi::random::random_get;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[test]
fn all_four_clocks_tick() {
    let stage = Stage::new();
    let result = stage.room(8);
    for clock in 0..4 {
        assert_eq!(clock_res_get(clock, result), 0);
        assert!((1..=1_000_000_000).contains(&stage.u64(result)));
        assert_eq!(clock_time_get(clock, 0, result), 0);
        let first = stage.u64(result);
        let start = std::time::Instant::now();
        let mut last = first;
        while last == first {
            assert!(start.elapsed() < Duration::from_secs(10), "clock {clock} stands still");
            assert_eq!(clock_time_get(clock, i64::MAX, result), 0);
            last = stage.u64(result);
        }
        assert!(last > first);
    }
    assert_eq!(clock_time_get(0, 0, result), 0);
    let here = Duration::from_nanos(stage.u64(result));
    assert!(here.abs_diff(SystemTime::now().duration_since(UNIX_EPOCH).unwrap()) < Duration::from_secs(10));
    for clock in [4, -1, i32::MAX] {
        assert_eq!(outcome(clock_time_get(clock, 0, result)), Err(Errno::INVAL));
        assert_eq!(outcome(clock_res_get(clock, result)), Err(Errno::INVAL));
    }
}

#[test]
fn random_bytes_fill_exactly_what_is_asked_for() {
    let stage = Stage::new();
    let buffer = stage.room(1 << 20);
    assert_eq!(random_get(buffer + 1, (1 << 20) - 2), 0);
    let bytes = stage.bytes(buffer, 1 << 20);
    assert_eq!((bytes[0], bytes[(1 << 20) - 1]), (0xaa, 0xaa));
    let mut counts = [0u32; 256];
    for &byte in &bytes {
        counts[usize::from(byte)] += 1;
    }
    // 4096 each on average, with a standard deviation of 64.
    assert!(counts.iter().all(|count| (3500..4700).contains(count)));
    assert_eq!(random_get(buffer, 0), 0);
    assert_eq!(stage.bytes(buffer, 1), [0xaa]);
}
