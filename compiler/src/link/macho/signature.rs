//! The code signature: ad hoc, by nobody, which is what macOS wants of every program for AArch64 (`kern/cs_blobs.h`).
//!
//! It holds a hash of each page of the file before it, and no more.

use std::io::{self, Write};

use hmac_sha256::Hash;
use object::macho;

/// Bytes that one hash is of, as a power of 2.
const PAGE_LOG2: u8 = 12;
const PAGE: usize = 1 << PAGE_LOG2;
/// Bytes of a hash: SHA-256.
const HASH: usize = 32;
/// Of the blob around, with its table of one; of the code directory that is in it, without identity and hashes.
const SUPER: usize = 24;
const DIRECTORY: usize = 88;
/// The version of the directory that tells where the code is.
const VERSION: u32 = 0x2_0400;

/// A signature to be made.
pub(super) struct Signature {
    /// By which the system knows the program.
    identity: String,
    /// Bytes that are signed.
    code: u32,
    /// Bytes of the segment with the code, from the start of the file on.
    text: u64,
}

impl Signature {
    pub fn new(identity: &str, code: u32, text: u64) -> Signature {
        Signature { identity: identity.to_owned(), code, text }
    }

    /// Bytes before the hashes.
    fn headers(&self) -> usize {
        (SUPER + DIRECTORY + self.identity.len() + 1).next_multiple_of(16)
    }

    /// How many pages are signed.
    fn pages(&self) -> usize {
        (self.code as usize).div_ceil(PAGE)
    }

    /// Bytes of it.
    pub fn size(&self) -> u64 {
        (self.headers() + self.pages() * HASH).next_multiple_of(16) as u64
    }

    /// The signature with these hashes.
    fn bytes(&self, hashes: &[[u8; HASH]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut word = |value: u32| bytes.extend(value.to_be_bytes());
        let directory = self.headers() - SUPER + self.pages() * HASH;
        word(macho::CSMAGIC_EMBEDDED_SIGNATURE);
        word((SUPER + directory) as u32);
        word(1);
        word(macho::CSSLOT_CODEDIRECTORY.0);
        word(SUPER as u32);
        word(0);
        word(macho::CSMAGIC_CODEDIRECTORY);
        word(directory as u32);
        word(VERSION);
        word(macho::CS_ADHOC.0 | macho::CS_LINKER_SIGNED.0);
        word((self.headers() - SUPER) as u32);
        word(DIRECTORY as u32);
        // No special slots.
        word(0);
        word(self.pages() as u32);
        word(self.code);
        word(u32::from_be_bytes([HASH as u8, macho::CS_HASHTYPE_SHA256.0, 0, PAGE_LOG2]));
        // Nothing scattered, no team, no more than 32 bits of code.
        for _ in 0..6 {
            word(0);
        }
        for long in [0, self.text, macho::CS_EXECSEG_MAIN_BINARY.0] {
            word((long >> 32) as u32);
            word(long as u32);
        }
        bytes.extend(self.identity.as_bytes());
        bytes.resize(self.headers(), 0);
        bytes.extend(hashes.as_flattened());
        bytes.resize(self.size() as usize, 0);
        bytes
    }
}

/// Signs what is written through it.
pub(super) struct Signer<'o> {
    output: &'o mut dyn Write,
    page: Vec<u8>,
    hashes: Vec<[u8; HASH]>,
}

impl<'o> Signer<'o> {
    pub fn new(output: &'o mut dyn Write) -> Signer<'o> {
        Signer { output, page: Vec::with_capacity(PAGE), hashes: Vec::new() }
    }

    /// Writes some bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(PAGE - self.page.len()));
            self.page.extend(now);
            rest = later;
            if self.page.len() == PAGE {
                self.end_page();
            }
        }
        self.output.write_all(bytes)
    }

    fn end_page(&mut self) {
        self.hashes.push(Hash::hash(&self.page));
        self.page.clear();
    }

    /// Writes the signature of all that was written, which must be as long as it says.
    pub fn finish(mut self, signature: &Signature) -> io::Result<()> {
        if !self.page.is_empty() {
            self.end_page();
        }
        debug_assert_eq!(self.hashes.len(), signature.pages());
        self.output.write_all(&signature.bytes(&self.hashes))
    }
}
