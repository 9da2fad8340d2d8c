//! The static library that wasmc links into every executable.
#![no_std]
