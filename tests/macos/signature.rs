//! Recomputes the code signature.

use hmac_sha256::Hash;
use object::macho;

use crate::check::Image;

pub fn check(image: &Image<'_>) {
    let signature = image.table(macho::LC_CODE_SIGNATURE);
    let start = image.offset_of_table(macho::LC_CODE_SIGNATURE);
    assert_eq!((start % 16, start + signature.len()), (0, image.file.len()));
    let word = |at: usize| u32::from_be_bytes(signature[at..at + 4].try_into().expect("four bytes")) as usize;
    let long = |at: usize| (word(at) as u64) << 32 | word(at + 4) as u64;
    // A blob with one in it: the code directory.
    assert_eq!([word(0), word(8), word(12)], [0xfade_0cc0, 1, 0]);
    assert!(word(4) <= signature.len());
    let directory = word(16);
    assert_eq!([word(directory), word(directory + 8)], [0xfade_0c02, 0x2_0400]);
    assert_eq!(directory + word(directory + 4), word(4));
    assert_eq!(word(directory + 12), 0x2_0002, "ad hoc, by a linker");
    assert_eq!(word(directory + 24), 0, "special slots");
    assert_eq!(word(directory + 32), start, "all before the signature");
    assert_eq!(signature[directory + 36..directory + 40], [32, 2, 0, 12], "SHA-256 of pages of 4 KiB");
    let identity = &signature[directory + word(directory + 20)..];
    let identity = identity.split(|&byte| byte == 0).next().expect("split gives a piece");
    assert!(!identity.is_empty() && identity.is_ascii());
    let text = &image.segments[1];
    assert_eq!([long(directory + 64), long(directory + 72), long(directory + 80)], [text.offset, text.file_size, 1]);
    let pages: Vec<[u8; 32]> = image.file[..start].chunks(4096).map(Hash::hash).collect();
    assert_eq!(word(directory + 28), pages.len());
    assert_eq!(signature[directory + word(directory + 16)..word(4)], *pages.as_flattened(), "hashes");
}
