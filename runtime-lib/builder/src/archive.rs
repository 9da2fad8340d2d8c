//! Writes `ar` archives.

use crate::reduce::Member;

/// An archive in the format of System V and GNU, with its table of symbols; ar(5).
pub(crate) fn write(members: &[&Member]) -> Vec<u8> {
    let header = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644);
    let padded = |size: usize| size.next_multiple_of(2);
    // The table of long names: members are called after the crates they come from.
    let mut long_names = String::new();
    let mut name_offsets = Vec::new();
    for member in members {
        name_offsets.push(long_names.len());
        long_names.push_str(&member.name);
        long_names.push_str("/\n");
    }
    let symbols: usize = members.iter().map(|member| member.defined.len()).sum();
    let names: usize = members.iter().flat_map(|member| &member.defined).map(|name| name.len() + 1).sum();
    let table_size = 4 + 4 * symbols + names;
    let mut position = 8 + 60 + padded(table_size) + 60 + padded(long_names.len());
    let mut offsets = Vec::new();
    for member in members {
        offsets.push(position);
        position += 60 + padded(member.bytes.len());
    }

    let mut archive = b"!<arch>\n".to_vec();
    archive.extend_from_slice(header("/", table_size).as_bytes());
    archive.extend_from_slice(&(symbols as u32).to_be_bytes());
    for (member, &offset) in members.iter().zip(&offsets) {
        for _ in &member.defined {
            archive.extend_from_slice(&(offset as u32).to_be_bytes());
        }
    }
    for name in members.iter().flat_map(|member| &member.defined) {
        archive.extend_from_slice(name.as_bytes());
        archive.push(0);
    }
    let pad = |archive: &mut Vec<u8>| {
        if !archive.len().is_multiple_of(2) {
            archive.push(b'\n');
        }
    };
    pad(&mut archive);
    archive.extend_from_slice(header("//", long_names.len()).as_bytes());
    archive.extend_from_slice(long_names.as_bytes());
    pad(&mut archive);
    for (member, name) in members.iter().zip(name_offsets) {
        archive.extend_from_slice(header(&format!("/{name}"), member.bytes.len()).as_bytes());
        archive.extend_from_slice(&member.bytes);
        pad(&mut archive);
    }
    archive
}
