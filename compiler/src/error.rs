//! Why a build failed, with the position and what to do next.

use std::fmt;

/// Why a build failed.
#[derive(Debug)]
pub enum Error {
    /// The input is not a valid WebAssembly module.
    Invalid {
        /// The validator's words.
        message: String,
        /// Byte offset in the module.
        offset: u64,
        /// The function's name, where the fault is inside one.
        function: Option<String>,
    },
    /// The text format could not be parsed; the message shows line and column.
    Text(String),
    /// The module uses something that wasmc does not compile (yet).
    Unsupported {
        /// What, in a sentence.
        what: String,
        /// Byte offset in the module, where known.
        offset: Option<u64>,
    },
    /// Imports that nobody provides, each as `"module" "name": type`.
    UnknownImports(Vec<String>),
    /// An import whose provider has another type.
    IncompatibleImport {
        /// `"module" "name"`.
        import: String,
        /// The type the module asks for.
        expected: String,
        /// The type of what it would get.
        found: String,
    },
    /// An option that cannot be honoured.
    Option(String),
    /// The program is larger than a format or an address space allows.
    Limit(String),
    /// Cranelift refused a function that the validator accepted: a defect of wasmc.
    Codegen {
        /// The function's name.
        function: String,
        /// Cranelift's words.
        message: String,
    },
    /// The object and the runtime library do not go together.
    Link(String),
    /// Writing the output failed.
    Io(std::io::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Invalid { message, offset, function } => {
                write!(f, "invalid module: {message} (at byte offset {offset:#x}")?;
                if let Some(function) = function {
                    write!(f, ", in function {function}")?;
                }
                write!(f, ")")
            }
            Error::Text(message) => write!(f, "{message}"),
            Error::Unsupported { what, offset } => {
                write!(f, "unsupported: {what}")?;
                match offset {
                    Some(offset) => write!(f, " (at byte offset {offset:#x})"),
                    None => Ok(()),
                }
            }
            Error::UnknownImports(imports) => {
                write!(f, "nobody provides these imports:")?;
                for import in imports {
                    write!(f, "\n    {import}")?;
                }
                write!(f, "\n  build with `--unknown-imports trap` to let such a call trap only when it happens")
            }
            Error::IncompatibleImport { import, expected, found } => {
                write!(f, "incompatible import type: {import} is imported as {expected}, but provided as {found}")
            }
            Error::Option(message) => write!(f, "{message}"),
            Error::Limit(message) => write!(f, "too large: {message}"),
            Error::Codegen { function, message } => {
                write!(
                    f,
                    "cannot compile function {function}: {message}\n  this is a defect of wasmc; please report it with the module"
                )
            }
            Error::Link(message) => write!(f, "cannot link: {message}"),
            Error::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::Io(error)
    }
}

impl Error {
    /// A parser's or validator's error.
    pub(crate) fn from_parser(error: wasmparser::Error) -> Error {
        Error::Invalid { message: error.message().to_owned(), offset: error.offset(), function: None }
    }

    /// A validator's error inside a function.
    pub(crate) fn in_function(error: wasmparser::Error, function: &str) -> Error {
        Error::Invalid {
            message: error.message().to_owned(),
            offset: error.offset(),
            function: Some(function.to_owned()),
        }
    }
}
