//! std::fs under two preopened folders, one of them reached by two names.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

fn main() -> io::Result<()> {
    fs::create_dir_all("/one/deep/er/path")?;
    fs::write("/one/deep/er/path/file.txt", "first line\nsecond line\n")?;
    let mut file = OpenOptions::new().append(true).open("/one/deep/er/path/file.txt")?;
    writeln!(file, "third line")?;
    drop(file);
    for (number, line) in BufReader::new(File::open("/one/deep/er/path/file.txt")?).lines().enumerate() {
        println!("{number}: {}", line?);
    }

    fs::copy("/one/deep/er/path/file.txt", "/two/copy.txt")?;
    fs::rename("/two/copy.txt", "/one/moved.txt")?;
    println!("gone: {}", !Path::new("/two/copy.txt").exists());
    println!("other name: {}", fs::read_to_string("/alias/moved.txt")?.len());

    let mut file = OpenOptions::new().read(true).write(true).open("/one/moved.txt")?;
    file.seek(SeekFrom::End(-5))?;
    file.write_all(b"LINE")?;
    file.rewind()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    println!("{:?}", text.lines().last());
    file.set_len(5)?;
    file.sync_all()?;
    let metadata = file.metadata()?;
    println!("{} bytes, file {}, recent {}", metadata.len(), metadata.is_file(), metadata.modified()?.elapsed().is_ok());

    let mut names: Vec<_> = fs::read_dir("/one")?
        .map(|entry| entry.map(|entry| (entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_dir()))))
        .collect::<io::Result<_>>()?;
    names.sort();
    println!("{names:?}");
    for path in ["/one/missing", "/one/moved.txt/inside"] {
        println!("{path}: {:?}", fs::read(path).map_err(|error| error.kind()));
    }
    for path in ["/one/../outside", "/three/file", "outside"] {
        println!("{path}: refused {}", fs::read(path).is_err());
    }
    println!("removed: {}", fs::remove_dir("/one/deep").is_ok());
    fs::remove_dir_all("/one/deep")?;
    println!("removed: {}", !Path::new("/one/deep").exists());
    File::create("/two/bytes.bin")?.write_all(&(0..=255u8).collect::<Vec<_>>())?;
    Ok(())
}
