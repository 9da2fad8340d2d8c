"""Files under a preopened folder, and that nothing else can be reached."""
import csv
import io
import os
import pathlib
import shutil
import tempfile

root = pathlib.Path("/data")
print((root / "given.txt").read_text())
(root / "made").mkdir()
with open(root / "made" / "lines.txt", "w", encoding="utf-8") as file:
    for number in range(1000):
        print(f"line {number} ✓", file=file)
with open(root / "made" / "lines.txt", "rb") as file:
    file.seek(-9, os.SEEK_END)
    print(file.read().decode(), os.path.getsize(file.name))
with open(root / "made" / "lines.txt", encoding="utf-8") as file:
    print(sum(len(line) for line in file))
with open(root / "made" / "bytes.bin", "wb") as file:
    file.write(bytes(range(256)) * 400)
    file.truncate(100_000)
print(len((root / "made" / "bytes.bin").read_bytes()))
os.rename(root / "made" / "bytes.bin", root / "renamed.bin")
shutil.copyfile(root / "renamed.bin", root / "copy.bin")
print(sorted(os.listdir(root)), sorted(path.name for path in root.glob("**/*.txt")))
for folder, folders, names in sorted(os.walk(root)):
    print(folder, sorted(folders), sorted(names))
print([(entry.name, entry.is_dir()) for entry in sorted(os.scandir(root), key=lambda entry: entry.name)])
with open(root / "table.csv", "w", newline="") as file:
    csv.writer(file).writerows([["a", "b"], [1, 'with "quotes", and comma'], [2.5, ""]])
with open(root / "table.csv", newline="") as file:
    print(list(csv.DictReader(file)))
buffer = io.StringIO()
print("captured", end="", file=buffer)
print(repr(buffer.getvalue()))
os.remove(root / "copy.bin")
os.remove(root / "renamed.bin")
shutil.rmtree(root / "made")
print(sorted(os.listdir(root)))
for path in ["/data/missing", "/etc/passwd", "/data/../outside.txt", "outside.txt"]:
    try:
        open(path)
        print(path, "OPENED")
    except OSError as error:
        print(path, "refused")
