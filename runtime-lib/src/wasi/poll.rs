//! Waiting for several things at once.

use super::errno::{Errno, Result, code};
use super::memory::{GuestMemory, address, element, put, u16_at, u32_at, u64_at};
use super::rights;
use super::scratch::with_array;
use super::sys::{self, PollEntry};
use super::table::{self, Descriptor};

/// witx `$clockid`.
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

/// witx `$eventtype`.
const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;

/// witx `$subclockflags`.
const ABSTIME: u16 = 1;

/// witx `$eventrwflags`.
const HANGUP: u16 = 1;

/// Bytes of an `event`.
const EVENT_SIZE: u32 = 32;

/// While the program waits for a point in real time, nanoseconds until the clock is looked at again: it may be set.
const REALTIME_CHECK: u64 = 1_000_000_000;

/// What differs between snapshots.
pub(super) struct Layout {
    /// Bytes of a `subscription`.
    pub size: u32,
    /// Offset of the clock's number.
    pub clock: usize,
}

/// Bytes of the largest `subscription`.
const LARGEST: usize = 56;

/// The subscriptions of a call.
struct Subscriptions {
    memory: GuestMemory,
    start: i32,
    count: u32,
    layout: Layout,
    /// Monotonic time of the call: what relative times are relative to.
    called: u64,
}

/// A subscription.
struct Subscription {
    userdata: u64,
    kind: u8,
    /// What it waits for, or why it cannot.
    awaited: Result<Awaited>,
}

#[derive(Clone, Copy)]
enum Awaited {
    /// A time, of the real or the monotonic clock.
    Time { clock: u32, time: u64 },
    /// A descriptor.
    Ready { fd: i32, descriptor: Descriptor },
}

impl Subscriptions {
    fn get(&self, index: u32) -> Result<Subscription> {
        let mut bytes = [0; LARGEST];
        let record = self.memory.bytes(element(self.start, index, self.layout.size), u64::from(self.layout.size))?;
        record.copy_to(&mut bytes);
        let (userdata, kind) = (u64_at(&bytes, 0), bytes[8]);
        let awaited = match kind {
            CLOCK => self.time(&bytes),
            FD_READ => ready(u32_at(&bytes, 16) as i32, rights::FD_READ),
            FD_WRITE => ready(u32_at(&bytes, 16) as i32, rights::FD_WRITE),
            _ => return Err(Errno::INVAL),
        };
        Ok(Subscription { userdata, kind, awaited })
    }

    fn time(&self, bytes: &[u8; LARGEST]) -> Result<Awaited> {
        let at = self.layout.clock;
        let (clock, timeout, flags) = (u32_at(bytes, at), u64_at(bytes, at + 8), u16_at(bytes, at + 24));
        if clock > MONOTONIC || flags & !ABSTIME != 0 {
            return Err(Errno::INVAL);
        }
        Ok(if flags & ABSTIME != 0 {
            Awaited::Time { clock, time: timeout }
        } else {
            Awaited::Time { clock: MONOTONIC, time: self.called.saturating_add(timeout) }
        })
    }
}

fn ready(fd: i32, right: rights::Rights) -> Result<Awaited> {
    let descriptor = table::get(fd, right | rights::POLL_FD_READWRITE)?;
    Ok(Awaited::Ready { fd, descriptor })
}

/// What is known of each descriptor number: what is wanted of it, and what it is ready for.
mod state {
    pub const WANT_READ: u16 = 1 << 0;
    pub const WANT_WRITE: u16 = 1 << 1;
    pub const WANTED: u16 = WANT_READ | WANT_WRITE;
    pub const CAN_READ: u16 = 1 << 2;
    pub const CAN_WRITE: u16 = 1 << 3;
    pub const HUNG_UP: u16 = 1 << 4;
    pub const INVALID: u16 = 1 << 5;
}

/// When waiting ends at the latest.
#[derive(Default)]
struct Deadlines {
    /// At once: there is an error to report.
    now: bool,
    realtime: Option<u64>,
    monotonic: Option<u64>,
}

impl Deadlines {
    fn add(&mut self, clock: u32, time: u64) {
        let deadline = if clock == REALTIME { &mut self.realtime } else { &mut self.monotonic };
        *deadline = Some(deadline.map_or(time, |earlier| earlier.min(time)));
    }

    /// Nanoseconds left to wait, `None` for ever.
    fn left(&self) -> Result<Option<u64>> {
        if self.now {
            return Ok(Some(0));
        }
        let mut left = match self.monotonic {
            Some(deadline) => Some(deadline.saturating_sub(sys::clock_time(MONOTONIC)?)),
            None => None,
        };
        if let Some(deadline) = self.realtime {
            let until = deadline.saturating_sub(sys::clock_time(REALTIME)?).min(REALTIME_CHECK);
            left = Some(left.map_or(until, |left| left.min(until)));
        }
        Ok(left)
    }
}

/// Asks the operating system. `entries` has one for each descriptor number of which something is wanted.
fn ask(states: &mut [u16], entries: &mut [PollEntry], timeout: Option<u64>) -> Result<()> {
    let wanted = |(fd, state): (usize, &mut u16)| (*state & state::WANTED != 0).then_some((fd, *state));
    for ((fd, wanted), entry) in states.iter_mut().enumerate().filter_map(wanted).zip(entries.iter_mut()) {
        let handle = table::get(fd as i32, 0)?.handle;
        *entry = PollEntry::new(handle, wanted & state::WANT_READ != 0, wanted & state::WANT_WRITE != 0);
    }
    sys::poll(entries, timeout)?;
    let wanted = states.iter_mut().filter(|state| **state & state::WANTED != 0);
    for (state, entry) in wanted.zip(entries.iter()) {
        *state &= state::WANTED;
        for (holds, bit) in [
            (entry.readable(), state::CAN_READ),
            (entry.writable(), state::CAN_WRITE),
            (entry.hung_up(), state::HUNG_UP),
            (entry.is_invalid(), state::INVALID),
        ] {
            if holds {
                *state |= bit;
            }
        }
    }
    Ok(())
}

/// An event, but for what it has from its subscription.
#[derive(Default)]
struct Event {
    error: u16,
    bytes: u64,
    flags: u16,
}

/// The event of a subscription, if there is one.
fn event_of(subscription: &Subscription, states: &[u16]) -> Result<Option<Event>> {
    let (fd, descriptor) = match subscription.awaited {
        Err(Errno(error)) => return Ok(Some(Event { error, ..Event::default() })),
        Ok(Awaited::Time { clock, time }) => {
            return Ok((sys::clock_time(clock)? >= time).then(Event::default));
        }
        Ok(Awaited::Ready { fd, descriptor }) => (fd, descriptor),
    };
    let state = states.get(fd as u32 as usize).copied().unwrap_or(0);
    if state & state::INVALID != 0 {
        return Ok(Some(Event { error: Errno::BADF.0, ..Event::default() }));
    }
    let flags = if state & state::HUNG_UP != 0 { HANGUP } else { 0 };
    if subscription.kind == FD_READ && state & state::CAN_READ != 0 {
        // A listening socket does not tell: there is at least one connection.
        let bytes = sys::available(descriptor.handle).unwrap_or(1);
        return Ok(Some(Event { error: 0, bytes, flags }));
    }
    if subscription.kind == FD_WRITE && state & state::CAN_WRITE != 0 {
        // How much room there is, nobody tells.
        return Ok(Some(Event { error: 0, bytes: 1, flags }));
    }
    Ok(None)
}

/// Stores the events there are. Returns their number.
fn report(subscriptions: &Subscriptions, states: &[u16], events: i32) -> Result<u32> {
    let mut reported = 0;
    for index in 0..subscriptions.count {
        let subscription = subscriptions.get(index)?;
        let Some(event) = event_of(&subscription, states)? else { continue };
        let mut bytes = [0; EVENT_SIZE as usize];
        put(&mut bytes, 0, &subscription.userdata.to_le_bytes());
        put(&mut bytes, 8, &event.error.to_le_bytes());
        put(&mut bytes, 10, &[subscription.kind]);
        put(&mut bytes, 16, &event.bytes.to_le_bytes());
        put(&mut bytes, 24, &event.flags.to_le_bytes());
        subscriptions.memory.write(element(events, reported, EVENT_SIZE), &bytes)?;
        reported += 1;
    }
    Ok(reported)
}

/// Waits until at least one subscription has an event, and stores the events of all that have one.
fn wait(subscriptions: &Subscriptions, events: i32) -> Result<u32> {
    let limit = table::with(|table| table.limit());
    with_array(limit, |states: &mut [u16]| {
        let mut deadlines = Deadlines::default();
        let mut descriptors = 0;
        for index in 0..subscriptions.count {
            let subscription = subscriptions.get(index)?;
            match subscription.awaited {
                Err(_) => deadlines.now = true,
                Ok(Awaited::Time { clock, time }) => deadlines.add(clock, time),
                Ok(Awaited::Ready { fd, .. }) => {
                    if let Some(state) = states.get_mut(fd as u32 as usize) {
                        descriptors += usize::from(*state == 0);
                        *state |= if subscription.kind == FD_READ { state::WANT_READ } else { state::WANT_WRITE };
                    }
                }
            }
        }
        with_array(descriptors, |entries: &mut [PollEntry]| {
            loop {
                ask(states, entries, deadlines.left()?)?;
                let reported = report(subscriptions, states, events)?;
                if reported != 0 {
                    return Ok(reported);
                }
            }
        })
    })
}

/// `poll_oneoff` of any snapshot.
pub(super) fn poll(subscriptions: i32, events: i32, count: i32, result: i32, layout: Layout) -> Result<()> {
    let count = count as u32;
    if count == 0 {
        return Err(Errno::INVAL);
    }
    let memory = GuestMemory::of_program()?;
    memory.bytes(address(subscriptions), u64::from(count) * u64::from(layout.size))?;
    memory.bytes(address(events), u64::from(count) * u64::from(EVENT_SIZE))?;
    memory.bytes(address(result), 4)?;
    let called = sys::clock_time(MONOTONIC)?;
    let subscriptions = Subscriptions { memory, start: subscriptions, count, layout, called };
    memory.write_u32(result, wait(&subscriptions, events)?)
}

/// Waits for the first of several events.
#[unsafe(export_name = "wasi_snapshot_preview1.poll_oneoff")]
pub extern "C" fn poll_oneoff(subscriptions: i32, events: i32, nsubscriptions: i32, nevents: i32) -> i32 {
    code(poll(subscriptions, events, nsubscriptions, nevents, Layout { size: 48, clock: 16 }))
}
