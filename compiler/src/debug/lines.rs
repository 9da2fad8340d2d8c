//! Line tables (DWARF 5, 6.2): each function's instructions with the line of the wasm instruction they were made of.

use std::ops::Range;

use gimli::{AttributeValue, ColumnType, LineProgramHeader};

use super::addresses::{Function, is_dead};
use super::expression::Reader;
use super::unit::Environment;
use super::writer::{Buffer, Target};
use crate::translate::bodies_around;

/// A row of a line table: what holds from its address on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// In the code section.
    pub address: u32,
    pub file: u32,
    pub line: u32,
    pub column: u32,
    pub discriminator: u32,
    pub is_stmt: bool,
    pub prologue_end: bool,
    pub epilogue_begin: bool,
    pub end_sequence: bool,
}

/// The lines of a body.
pub(super) struct BodyLines {
    /// Its address in the code section.
    pub start: u32,
    /// Sorted.
    pub rows: Vec<Row>,
}

impl BodyLines {
    /// The number of the row that holds at an address. There is one.
    fn row_at(&self, address: u32) -> usize {
        self.rows.partition_point(|row| row.address <= address).saturating_sub(1)
    }
}

/// Names of files and folders, as version 5 numbers them.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub folders: Vec<Vec<u8>>,
    pub files: Vec<File>,
}

impl Files {
    /// Adds a file of another unit's table.
    pub fn add(&mut self, others: &Files, number: usize) {
        let Some(file) = others.files.get(number) else {
            self.files.push(File { name: b"<unknown>".to_vec(), folder: 0, md5: None });
            return;
        };
        // By its full path: the other unit's folder is another.
        self.files.push(File { name: others.path(number).into_bytes(), folder: 0, md5: file.md5 });
    }

    /// The path of a file with this number: relative where that of the unit's own folder is.
    pub fn path(&self, number: usize) -> String {
        let Some(file) = self.files.get(number) else { return String::new() };
        let own = self.folders.first().map_or(&b""[..], Vec::as_slice);
        let folder = match file.folder {
            0 => b"",
            number => self.folders.get(number as usize).map_or(&b""[..], Vec::as_slice),
        };
        let mut path = Vec::new();
        for part in [own, folder, &file.name] {
            match part.strip_prefix(b"./").unwrap_or(part) {
                b"" | b"." => {}
                part if part.starts_with(b"/") || path.is_empty() => path = part.to_vec(),
                part => {
                    if path.last() != Some(&b'/') {
                        path.push(b'/');
                    }
                    path.extend_from_slice(part);
                }
            }
        }
        String::from_utf8_lossy(&path).into_owned()
    }
}

/// A source file.
#[derive(Debug)]
pub(super) struct File {
    pub name: Vec<u8>,
    pub folder: u64,
    pub md5: Option<[u8; 16]>,
}

// How the line program is encoded (DWARF 5, 6.2.4): the values that most producers use.
const LINE_BASE: i64 = -5;
const LINE_RANGE: i64 = 14;
const OPCODE_BASE: u8 = 13;
const OPERANDS: [u8; 12] = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

// Standard and extended opcodes (DWARF 5, 7.22).
const COPY: u8 = 1;
const ADVANCE_PC: u8 = 2;
const ADVANCE_LINE: u8 = 3;
const SET_FILE: u8 = 4;
const SET_COLUMN: u8 = 5;
const NEGATE_STMT: u8 = 6;
const SET_PROLOGUE_END: u8 = 10;
const SET_EPILOGUE_BEGIN: u8 = 11;
const END_SEQUENCE: u8 = 1;
const SET_ADDRESS: u8 = 2;
const SET_DISCRIMINATOR: u8 = 4;

/// Kinds and forms of the tables' columns (DWARF 5, 7.22 and 7.5.6).
const LNCT_PATH: u64 = 1;
const LNCT_FOLDER: u64 = 2;
const LNCT_MD5: u64 = 5;
const FORM_STRING: u64 = 0x08;
const FORM_UDATA: u64 = 0x0f;
const FORM_DATA16: u64 = 0x1e;

/// A line table while it is written.
pub(super) struct LineWriter {
    output: Buffer,
}

impl LineWriter {
    /// Begins a table with its header.
    pub fn new(files: &Files, big_endian: bool) -> LineWriter {
        let mut output = Buffer::new(big_endian);
        output.u32(0);
        output.u16(5);
        output.u8(8);
        output.u8(0);
        let header_length = output.position();
        output.u32(0);
        // Unit of lengths, instructions in one, is_stmt at first.
        output.bytes.extend([1, 1, 1, LINE_BASE as i8 as u8, LINE_RANGE as u8, OPCODE_BASE]);
        output.bytes.extend(OPERANDS);
        output.u8(1);
        output.unsigned(LNCT_PATH);
        output.unsigned(FORM_STRING);
        output.unsigned(files.folders.len() as u64);
        for folder in &files.folders {
            output.string(folder);
        }
        let has_md5 = !files.files.is_empty() && files.files.iter().all(|file| file.md5.is_some());
        output.u8(if has_md5 { 3 } else { 2 });
        for (kind, form) in [(LNCT_PATH, FORM_STRING), (LNCT_FOLDER, FORM_UDATA)] {
            output.unsigned(kind);
            output.unsigned(form);
        }
        if has_md5 {
            output.unsigned(LNCT_MD5);
            output.unsigned(FORM_DATA16);
        }
        output.unsigned(files.files.len() as u64);
        for file in &files.files {
            output.string(&file.name);
            output.unsigned(file.folder);
            if let Some(md5) = file.md5.filter(|_| has_md5) {
                output.bytes.extend(md5);
            }
        }
        let length = output.position() - header_length - 4;
        output.patch(header_length, length);
        LineWriter { output }
    }

    /// Writes the lines of a function, by those of its own body and of the bodies inlined into it, in the order of their
    /// numbers. Code of a body without lines has that of the call.
    pub fn function(&mut self, function: &Function<'_>, bodies: &[BodyLines]) {
        let Some(own) = bodies.first() else { return };
        let Some(first) = own.rows.first() else { return };
        let record = function.record;
        let mut state = State { address: function.text.start, file: 1, line: 1, column: 0, is_stmt: true };
        self.output.bytes.extend([0, 9, SET_ADDRESS]);
        self.output.address(Target::Text, function.text.start.into());
        // Where the input does not say, the prologue ends with the first instruction that was made of an operator.
        let prologue_end = own.rows.iter().position(|row| row.prologue_end).unwrap_or(0);
        let mut prologue_end_written = false;
        let mut seen: Vec<Vec<bool>> = bodies.iter().map(|body| vec![false; body.rows.len()]).collect();
        let mut last = None;
        let mut rows: Vec<(u32, Row)> = Vec::new();
        // From the innermost body with lines to the function's own: their rows.
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (text, location) in function.locations() {
            places.clear();
            places.extend(bodies_around(&record.inlined, location).filter_map(|(number, location)| {
                let body = bodies.get(number as usize).filter(|body| !body.rows.is_empty())?;
                let address = body.start + (location - record.start(number));
                Some((number as usize, body.row_at(address)))
            }));
            let (Some(&inner), Some(&(_, outer))) = (places.first(), places.last()) else { continue };
            let is_entry = text == function.text.start;
            let ends_prologue = !prologue_end_written && !is_entry && outer >= prologue_end;
            if last == Some(inner) && !ends_prologue {
                continue;
            }
            last = Some(inner);
            // A statement begins once: code that comes back to it, as after scheduling, is no place to stop at. Where
            // nothing was made of its first instructions, it begins with what follows them.
            let mut begins = |(body, row): (usize, usize)| {
                let statement = statement_at(&bodies[body].rows, row);
                statement.is_some_and(|statement| !std::mem::replace(&mut seen[body][statement], true))
            };
            // A call begins where the body does that stands for it.
            for &(body, row) in places[1..].iter().rev().filter(|_| !is_entry) {
                if begins((body, row)) {
                    let call =
                        Row { is_stmt: true, prologue_end: false, epilogue_begin: false, ..bodies[body].rows[row] };
                    rows.push((text, call));
                }
            }
            // The first instruction of a function is where a breakpoint on its first line belongs.
            let row = if is_entry { first } else { &bodies[inner.0].rows[inner.1] };
            let begins = begins(inner);
            prologue_end_written |= ends_prologue;
            let row = Row {
                is_stmt: begins || ends_prologue && row.is_stmt,
                prologue_end: ends_prologue,
                epilogue_begin: row.epilogue_begin && begins && inner.0 == 0,
                ..*row
            };
            rows.push((text, row));
        }
        lead_past_jumps(&mut rows, function);
        for (text, row) in &rows {
            self.row(&mut state, *text, row);
        }
        self.output.u8(ADVANCE_PC);
        self.output.unsigned(u64::from(function.text.end.saturating_sub(state.address)));
        self.output.bytes.extend([0, 1, END_SEQUENCE]);
    }

    fn row(&mut self, state: &mut State, address: u32, row: &Row) {
        let output = &mut self.output;
        if row.file != state.file {
            output.u8(SET_FILE);
            output.unsigned(row.file.into());
        }
        if row.column != state.column {
            output.u8(SET_COLUMN);
            output.unsigned(row.column.into());
        }
        if row.is_stmt != state.is_stmt {
            output.u8(NEGATE_STMT);
        }
        if row.prologue_end {
            output.u8(SET_PROLOGUE_END);
        }
        if row.epilogue_begin {
            output.u8(SET_EPILOGUE_BEGIN);
        }
        if row.discriminator != 0 {
            let mut operand = Vec::new();
            crate::codegen::unsigned_leb128(&mut operand, row.discriminator.into());
            output.bytes.extend([0, operand.len() as u8 + 1, SET_DISCRIMINATOR]);
            output.bytes.extend(operand);
        }
        let lines = i64::from(row.line) - i64::from(state.line);
        let bytes = i64::from(address - state.address);
        let special = |lines: i64, bytes: i64| {
            let line = lines - LINE_BASE;
            let opcode = line + LINE_RANGE * bytes + i64::from(OPCODE_BASE);
            ((0..LINE_RANGE).contains(&line) && opcode <= 255).then_some(opcode as u8)
        };
        if let Some(opcode) = special(lines, bytes) {
            output.u8(opcode);
        } else {
            if bytes != 0 {
                output.u8(ADVANCE_PC);
                output.unsigned(bytes as u64);
            }
            match special(lines, 0) {
                Some(opcode) => output.u8(opcode),
                None => {
                    output.u8(ADVANCE_LINE);
                    output.signed(lines);
                    output.u8(COPY);
                }
            }
        }
        *state = State { address, file: row.file, line: row.line, column: row.column, is_stmt: row.is_stmt };
    }

    /// The finished table.
    pub fn finish(mut self) -> Buffer {
        self.output.finish_length();
        self.output
    }
}

/// A statement that is nothing but a jump to where another of the same line begins does not begin there, but where the jump leads:
/// debuggers stop at one of a line's statements in a function, and that is where control arrives from elsewhere too, as
/// from several places where a function returns.
fn lead_past_jumps(rows: &mut [(u32, Row)], function: &Function<'_>) {
    let start = function.text.start;
    for jump in function.record.jumps.iter().filter(|jump| jump.target != jump.start) {
        let number_of = |rows: &[(u32, Row)], offset: u32| rows.partition_point(|(text, _)| *text < start + offset);
        let (first, behind) = (number_of(rows, jump.start), number_of(rows, jump.end));
        let target = number_of(rows, jump.target);
        let place = |row: &Row| (row.file, row.line);
        let [(text, row)] = rows[first..behind] else { continue };
        let ends = rows.get(behind).map_or(function.text.end, |(text, _)| *text);
        let mut arriving = rows[target..].iter().take_while(|(text, _)| *text == start + jump.target);
        if text == start + jump.start
            && ends == start + jump.end
            && !row.prologue_end
            && arriving.any(|(_, other)| other.is_stmt && place(other) == place(&row))
        {
            rows[first].1 = Row { is_stmt: false, epilogue_begin: false, ..row };
        }
    }
}

/// The row that begins the statement which a row belongs to: the last one up to it that does so, in the same line.
fn statement_at(rows: &[Row], number: usize) -> Option<usize> {
    let row = &rows[number];
    let own = rows[..=number].iter().rposition(|other| (other.file, other.line) != (row.file, row.line));
    let first = own.map_or(0, |other| other + 1);
    rows[first..=number].iter().rposition(|other| other.is_stmt).map(|position| first + position)
}

/// The line machine's registers, as far as they stay from row to row.
struct State {
    address: u32,
    file: u32,
    line: u32,
    column: u32,
    is_stmt: bool,
}

/// All rows of a unit's line program, sorted by address; what is behind damage is left out.
pub(super) fn read_rows(unit: &gimli::Unit<Reader<'_>>) -> Vec<Row> {
    let Some(program) = unit.line_program.clone() else { return Vec::new() };
    let mut found = Vec::new();
    let mut rows = program.rows();
    let mut start = None;
    while let Ok(Some((_, row))) = rows.next_row() {
        let sequence = *start.get_or_insert(row.address());
        if row.end_sequence() {
            start = None;
        }
        if is_dead(sequence) {
            continue;
        }
        let Ok(address) = u32::try_from(row.address()) else { continue };
        let column = match row.column() {
            ColumnType::LeftEdge => 0,
            ColumnType::Column(column) => column.get() as u32,
        };
        found.push(Row {
            address,
            file: row.file_index() as u32,
            line: row.line().map_or(0, |line| line.get() as u32),
            column,
            discriminator: row.discriminator() as u32,
            is_stmt: row.is_stmt(),
            prologue_end: row.prologue_end(),
            epilogue_begin: row.epilogue_begin(),
            end_sequence: row.end_sequence(),
        });
    }
    // Stable: of several rows at one address, the last one holds.
    found.sort_by_key(|row| (row.address, !row.end_sequence));
    found
}

/// The rows of a function, without the ends of sequences; of several at one address only the last.
pub(super) fn rows_of(rows: &[Row], wasm: &Range<u32>) -> Vec<Row> {
    let start = rows.partition_point(|row| row.address < wasm.start);
    let end = rows.partition_point(|row| row.address < wasm.end);
    let mut own: Vec<Row> = Vec::new();
    for row in rows.get(start..end).unwrap_or(&[]).iter().filter(|row| !row.end_sequence) {
        match own.last_mut() {
            Some(last) if last.address == row.address => {
                *last = Row { prologue_end: last.prologue_end || row.prologue_end, ..*row };
            }
            _ => own.push(*row),
        }
    }
    own
}

/// Writes the line table of a unit with these files, and what `bodies_of` says of its functions. `rows` are all of the unit's.
pub(super) fn translate(
    environment: &Environment<'_, '_>,
    files: &Files,
    rows: &[Row],
    bodies_of: &dyn Fn(&Function<'_>) -> Vec<BodyLines>,
) -> Buffer {
    let mut writer = LineWriter::new(files, environment.big_endian);
    for function in functions_of(environment, rows) {
        writer.function(function, &bodies_of(function));
    }
    writer.finish()
}

/// The functions that have lines among a unit's.
pub(super) fn functions_of<'e>(environment: &Environment<'e, '_>, rows: &[Row]) -> &'e [Function<'e>] {
    match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => {
            environment.addresses.functions_in(&(first.address.into()..u64::from(last.address) + 1))
        }
        _ => &[],
    }
}

pub(super) fn read_files(
    dwarf: &gimli::Dwarf<Reader<'_>>,
    unit: &gimli::Unit<Reader<'_>>,
    header: &LineProgramHeader<Reader<'_>>,
    map_path: &dyn Fn(&[u8]) -> Vec<u8>,
) -> Files {
    let text = |value: AttributeValue<Reader<'_>>| -> Vec<u8> {
        dwarf.attr_string(unit, value).map(|text| text.slice().to_vec()).unwrap_or_default()
    };
    let of_unit = |part: Option<Reader<'_>>| part.map(|part| part.slice().to_vec()).unwrap_or_default();
    let mut files = Files::default();
    if header.version() < 5 {
        // Folder 0 and file 0 are the unit's own since version 5; the others keep their numbers.
        files.folders.push(of_unit(unit.comp_dir));
        files.files.push(File { name: of_unit(unit.name), folder: 0, md5: None });
    }
    files.folders.extend(header.include_directories().iter().map(|folder| text(*folder)));
    for folder in &mut files.folders {
        *folder = map_path(folder);
    }
    files.files.extend(header.file_names().iter().map(|file| File {
        name: text(file.path_name()),
        folder: file.directory_index(),
        md5: header.file_has_md5().then(|| *file.md5()),
    }));
    // A unit without a name, as one of types, is told as its first file.
    if let [own, first, ..] = files.files.as_mut_slice()
        && own.name.is_empty()
    {
        (own.name, own.folder) = (first.name.clone(), first.folder);
    }
    for file in &mut files.files {
        // gdb (13) does not survive a file without a name.
        file.name = if file.name.is_empty() { b"<unknown>".to_vec() } else { map_path(&file.name) };
        if file.folder >= files.folders.len() as u64 {
            file.folder = 0;
        }
    }
    files
}
