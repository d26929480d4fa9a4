//! A printed value: the limits of what is printed, the value as a tree, and its text as gdb writes it.

/// Limits of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrintLimits {
    /// The most elements of an array and characters of a text: gdb's `print elements`.
    pub elements: usize,
    /// The number of equal elements above which they are written once with their number: gdb's `print repeats`.
    pub repeats: usize,
    /// The deepest nesting of structs: gdb's `print max-depth`.
    pub depth: usize,
    /// The most values in all arrays and structs together.
    pub values: usize,
}

impl Default for PrintLimits {
    fn default() -> PrintLimits {
        PrintLimits { elements: 200, repeats: 10, depth: 20, values: 20_000 }
    }
}

impl PrintLimits {
    /// Sets the most elements of an array and characters of a text.
    #[must_use]
    pub fn elements(self, elements: usize) -> PrintLimits {
        PrintLimits { elements, ..self }
    }
}

/// The text for bytes that are not in the dump.
pub(super) const NOT_CAPTURED: &str = "<not captured>";

/// A value, read by its type.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PrintedValue {
    /// A signed number.
    Integer(i128),
    /// An unsigned number.
    Unsigned(u128),
    /// A floating-point number, as text that distinguishes it from its neighbours.
    Float(String),
    /// A complex number: the real part and the imaginary part.
    Complex(String, String),
    /// True or false.
    Boolean(bool),
    /// A character.
    Character {
        /// The number.
        number: i128,
        /// The character in quotes.
        shown: String,
    },
    /// A value of an enum.
    Enumerator {
        /// The number.
        number: i128,
        /// The name, the names of its flags, or the number.
        shown: String,
    },
    /// A pointer.
    Pointer {
        /// The address.
        address: u64,
        /// The pointer's type, if the pointer is not a part of another value.
        type_name: Option<String>,
        /// The symbol at the address, and the offset in bytes in that symbol.
        symbol: Option<(String, u64)>,
        /// The text that the pointer points to.
        text: Option<Text>,
    },
    /// A function.
    Function {
        /// The address.
        address: u64,
        /// The function's type.
        type_name: String,
        /// The symbol at the address, and the offset in bytes in that symbol.
        symbol: Option<(String, u64)>,
    },
    /// A C++ pointer to a member, as text.
    MemberPointer(String),
    /// A C++ reference.
    Reference {
        /// The address.
        address: u64,
        /// The reference's type, if the reference is not a part of another value.
        type_name: Option<String>,
        /// The value at the address, if the reference is not a part of another value.
        value: Option<Box<PrintedValue>>,
    },
    /// An array of characters.
    Text(Text),
    /// An array.
    Array {
        /// The name of a Rust slice's type; empty for other arrays.
        name: String,
        /// The notation.
        form: Form,
        /// The elements, each with the number of equal elements that it stands for.
        elements: Vec<(PrintedValue, u64)>,
        /// Whether the array has more elements.
        more: bool,
    },
    /// A struct, class, union, tuple or a variant of an enum.
    Struct {
        /// The name of the type or of the variant.
        name: String,
        /// The notation.
        form: Form,
        /// The members.
        members: Vec<(Label, PrintedValue)>,
    },
    /// Bytes that are not interpreted.
    Bytes(Vec<u8>),
    /// A value without bytes.
    Nothing,
    /// The bytes are not in the dump.
    NotCaptured,
    /// The compiler did not keep the value.
    OptimizedAway,
    /// A static member that is already shown.
    Seen,
    /// The value is nested deeper than is printed.
    Deeper,
    /// The value cannot be read. The sentence says why.
    Unreadable(String),
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text {
    /// The text in quotes, as gdb writes it.
    pub shown: String,
    /// The characters up to the end of the text.
    pub content: String,
    /// Whether the text goes on.
    pub more: bool,
    /// Whether the bytes that go on are not in the dump.
    pub is_cut: bool,
}

/// The notation of a struct or an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// `{a = 1, b = 2}`
    C,
    /// `Point {x: 1, y: 2}`
    Rust,
    /// `Pair (1, 2)`, or `(1, 2)` without a name
    Tuple,
    /// `Shape::Circle{radius: 1}`
    Variant,
    /// `Option::Some(1)`
    TupleVariant,
}

/// The label of a part of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Label {
    /// A member.
    Member(String),
    /// A base class.
    Base(String),
    /// A static member.
    Static(String),
    /// A struct or union without a name.
    None,
}

impl PrintedValue {
    /// The value as gdb writes it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, Form::C);
        text
    }

    fn write(&self, into: &mut String, around: Form) {
        let is_rust = around != Form::C;
        match self {
            PrintedValue::Integer(number) => into.push_str(&number.to_string()),
            PrintedValue::Unsigned(number) => into.push_str(&number.to_string()),
            PrintedValue::Float(text) => into.push_str(text),
            PrintedValue::Complex(real, imaginary) => into.push_str(&format!("{real} + {imaginary}i")),
            PrintedValue::Boolean(is_true) => into.push_str(if *is_true { "true" } else { "false" }),
            PrintedValue::Character { number, shown } => into.push_str(&format!("{number} {shown}")),
            PrintedValue::Enumerator { shown, .. } => into.push_str(shown),
            PrintedValue::Pointer { address, type_name, symbol, text } => {
                if let Some(name) = type_name {
                    into.push_str(&format!("({name}) "));
                }
                write_address(into, *address, symbol.as_ref());
                if let Some(text) = text {
                    into.push(' ');
                    into.push_str(&text.shown);
                }
            }
            PrintedValue::Function { address, type_name, symbol } => {
                into.push_str(&format!("{{{type_name}}} "));
                write_address(into, *address, symbol.as_ref());
            }
            PrintedValue::Reference { address, type_name, value } => {
                if let Some(name) = type_name {
                    into.push_str(&format!("({name}) "));
                }
                into.push_str(&format!("@{address:#x}"));
                if let Some(value) = value {
                    into.push_str(": ");
                    value.write(into, around);
                }
            }
            PrintedValue::MemberPointer(shown) => into.push_str(shown),
            PrintedValue::Text(text) => into.push_str(&text.shown),
            PrintedValue::Array { name, form, elements, more } => {
                if !name.is_empty() {
                    into.push_str(name);
                    into.push(' ');
                }
                into.push_str(if *form == Form::C { "{" } else { "[" });
                for (at, (value, like)) in elements.iter().enumerate() {
                    if at > 0 {
                        into.push_str(", ");
                    }
                    value.write(into, around);
                    if *like > 1 {
                        into.push_str(&format!(" <repeats {like} times>"));
                    }
                }
                if *more {
                    into.push_str("...");
                }
                into.push_str(if *form == Form::C { "}" } else { "]" });
            }
            PrintedValue::Struct { name, form, members } => {
                let (open, close, separator) = match form {
                    Form::C => ("{".to_owned(), "}", " = "),
                    Form::Rust => (format!("{name} {{"), "}", ": "),
                    Form::Tuple if name.is_empty() => ("(".into(), ")", ""),
                    Form::Tuple => (format!("{name} ("), ")", ""),
                    Form::Variant => (format!("{name}{{"), "}", ": "),
                    Form::TupleVariant => (format!("{name}("), ")", ""),
                };
                if members.is_empty() && matches!(form, Form::Rust | Form::Variant | Form::TupleVariant) {
                    into.push_str(name);
                    return;
                }
                into.push_str(&open);
                for (at, (label, value)) in members.iter().enumerate() {
                    if at > 0 {
                        into.push_str(", ");
                    }
                    if !separator.is_empty() {
                        match label {
                            Label::Member(name) => into.push_str(&format!("{name}{separator}")),
                            Label::Base(name) => into.push_str(&format!("<{name}>{separator}")),
                            Label::Static(name) => into.push_str(&format!("static {name}{separator}")),
                            Label::None => {}
                        }
                    }
                    value.write(into, *form);
                }
                if members.is_empty() && *form == Form::C {
                    into.push_str("<No data fields>");
                }
                into.push_str(close);
            }
            PrintedValue::Bytes(bytes) => {
                into.push_str("0x");
                for byte in bytes {
                    into.push_str(&format!("{byte:02x}"));
                }
            }
            PrintedValue::Nothing => into.push_str(if is_rust { "()" } else { "void" }),
            PrintedValue::NotCaptured => into.push_str(NOT_CAPTURED),
            PrintedValue::OptimizedAway => into.push_str("<optimized out>"),
            PrintedValue::Seen => into.push_str("<same as static member of an already seen type>"),
            PrintedValue::Deeper => into.push_str("{...}"),
            PrintedValue::Unreadable(why) => into.push_str(&format!("<{why}>")),
        }
    }
}

fn write_address(into: &mut String, address: u64, symbol: Option<&(String, u64)>) {
    into.push_str(&format!("{address:#x}"));
    match symbol {
        Some((symbol, 0)) => into.push_str(&format!(" <{symbol}>")),
        Some((symbol, offset)) => into.push_str(&format!(" <{symbol}+{offset}>")),
        None => {}
    }
}
