//! What the process was started with. Tests, which share one process, have their own.

#[cfg(not(test))]
pub use crate::process::{arguments, environment};

#[cfg(test)]
pub use stage::{arguments, environment, set};

/// The value of a variable of the process's environment.
pub fn variable(name: &[u8]) -> Option<&'static [u8]> {
    environment().find_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"="))
}

#[cfg(test)]
mod stage {
    use core::cell::Cell;

    type Strings = &'static [&'static [u8]];

    std::thread_local! {
        static ARGUMENTS: Cell<Strings> = const { Cell::new(&[]) };
        static ENVIRONMENT: Cell<Strings> = const { Cell::new(&[]) };
    }

    /// Gives this thread arguments and an environment.
    pub fn set(arguments: Strings, environment: Strings) {
        ARGUMENTS.set(arguments);
        ENVIRONMENT.set(environment);
    }

    /// The arguments of this thread's test.
    pub fn arguments() -> impl Iterator<Item = &'static [u8]> + Clone {
        ARGUMENTS.get().iter().copied()
    }

    /// The environment of this thread's test.
    pub fn environment() -> impl Iterator<Item = &'static [u8]> + Clone {
        ENVIRONMENT.get().iter().copied()
    }
}
