//! Variables of the program, set and checked by their types.

use dumpedit_layout::{AccessError, Context};

use crate::edit::Edit;
use crate::error::Error;

impl Edit {
    /// Sets a variable, or a part of one, to the value of a text: `nodes[1].next` to `&nodes[3]`, `g_config.limits[2]` to `9`. For a bit
    /// field, only its own bits change. `thread` is the context of thread-local variables and registers.
    ///
    /// # Errors
    /// [`Error::Typed`] where the path leads nowhere or the value does not fit; [`Error::Access`] where not all of its bytes are captured.
    /// The edit is unchanged then.
    pub fn set_variable(
        &mut self,
        thread: Result<Context, AccessError>,
        path: &str,
        value: &str,
    ) -> Result<(), Error> {
        self.atomically(|edit| edit.set_variable_in(&thread, path, value).map(drop))
    }

    /// Checks that a variable, or a part of one, has the value of a text. A commit checks again.
    ///
    /// # Errors
    /// [`Error::Expect`] where it has another value, and the errors of [`Edit::set_variable`].
    pub fn expect_variable(
        &mut self,
        thread: Result<Context, AccessError>,
        path: &str,
        expected: &str,
    ) -> Result<(), Error> {
        self.expect_variable_in(&thread, path, expected)
    }
}

#[cfg(feature = "symbols")]
mod by_type {
    use dumpedit_layout::{AccessError, Context, Notice, NoticeKind, Subject};
    use dumpedit_symbols::types::{Base, Shape};
    use dumpedit_symbols::{Encoded, PrintLimits, Shadow, Typed, TypedError};

    use crate::edit::Edit;
    use crate::error::Error;
    use crate::notation::inputs::Inputs;
    use crate::notation::{At, NotationError, Scope, Value, ZEROS, zeros};

    impl Edit {
        /// As [`Edit::set_variable`], and returns the size of the variable in bytes.
        pub(crate) fn set_variable_in(
            &mut self,
            thread: &Result<Context, AccessError>,
            path: &str,
            value: &str,
        ) -> Result<u64, Error> {
            let New { encoded, differing, .. } = self.scope(thread.clone()).encoded(path, value)?;
            self.write_masked(encoded.address, &encoded.bytes, &encoded.mask)?;
            if let Some((own, given)) = differing {
                let message = format!("{value} is of type {given}, but is assigned to {path} of type {own}");
                let notice = Notice::new(NoticeKind::OtherType, message);
                self.tell(notice.about(Subject::Address(encoded.address)));
            }
            Ok(encoded.bytes.len() as u64)
        }

        /// As [`Edit::expect_variable`].
        pub(crate) fn expect_variable_in(
            &mut self,
            thread: &Result<Context, AccessError>,
            path: &str,
            expected: &str,
        ) -> Result<(), Error> {
            let New { typed, encoded, .. } = self.scope(thread.clone()).encoded(path, expected)?;
            match self.expect_masked(encoded.address, &encoded.bytes, &encoded.mask) {
                Err(Error::Expect { file_offset, address, .. }) => {
                    let found = self.scope(thread.clone()).printed(&typed, PrintLimits::default());
                    Err(Error::Expect {
                        location: typed.path,
                        address,
                        file_offset,
                        expected: expected.to_owned(),
                        found: found.map_or_else(|error| error.to_string(), |found| found.text()),
                    })
                }
                done => done,
            }
        }
    }

    impl Edit {
        /// Adds a notice that a register takes precedence over a symbol of its name.
        pub(crate) fn tell_shadowed(&self, register: &str) {
            if let Some(symbols) = self.dump().named_symbols() {
                symbols.tell_shadowed(&Shadow::Register(register));
            }
        }

        /// The error for an unknown register as that for a variable: there is none of the name either, or the name is mistyped.
        pub(crate) fn of_variable(
            &self,
            thread: &Result<Context, AccessError>,
            name: &str,
            error: Error,
        ) -> Error {
            let Error::Access(AccessError::NoSuchRegister { similar: None, .. }) = &error else {
                return error;
            };
            match self.scope(thread.clone()).typed(name) {
                Err(meant @ Error::NoSuchVariable { similar: Some(_), .. }) => meant,
                Err(Error::NoSuchVariable { path, similar, error: symbol, .. }) => {
                    let Error::Access(register) = error else { return error };
                    Error::NoSuchVariable { path, register: Some(Box::new(register)), similar, error: symbol }
                }
                _ => error,
            }
        }
    }

    impl Scope<'_> {
        /// The target of a path, and the bytes of a value for it.
        fn encoded(&self, path: &str, value: &str) -> Result<New, Error> {
            let typed = self.referred(self.typed(path)?)?;
            if value.starts_with("hex:") {
                let encoded = self.given_bytes(&typed, value)?;
                return Ok(New { typed, encoded, differing: None });
            }
            let digits = value.strip_prefix('-').unwrap_or(value);
            if let Some(readings) = zeros(digits) {
                return Err(NotationError::value(value, ZEROS).with_hint(readings).into());
            }
            let found = typed.encode(value, &self.memory());
            if let Err(TypedError::DoesNotFit { .. }) = found
                && may_be_place(&typed, value)?
            {
                let (address, differing) = self.address_meant(&typed, value)?;
                let encoded = typed.encode(&format!("{address:#x}"), &self.memory())?;
                return Ok(New { typed, encoded, differing });
            }
            let encoded = found?;
            Ok(New { typed, encoded, differing: None })
        }

        /// The address that a text means as the value of a pointer. A path has its meaning in the language: another pointer's value, `&x`
        /// the address of `x`, and an array's or a function's name its address. Behind `ptr:`, and where it is no path, it is the address
        /// of a place, as everywhere. Returns as well the types of both, where they differ.
        fn address_meant(
            &self,
            pointer: &Typed,
            value: &str,
        ) -> Result<(u64, Option<(String, String)>), Error> {
            if let Some(place) = value.strip_prefix("ptr:") {
                return Ok((self.address(&place.parse::<At>()?)?, None));
            }
            let refused = |why: String| {
                let (path, value) = (pointer.path.clone(), value.to_owned());
                Err(TypedError::DoesNotFit { path, value, why }.into())
            };
            let Some(named) = self.path_with_terms(value)? else {
                return Ok((self.address(&value.parse::<At>()?)?, None));
            };
            let (typed, offset) = named;
            let typed = self.referred(typed)?;
            let Some(_) = &typed.of else {
                return Ok((typed.address()?.wrapping_add_signed(offset), None));
            };
            let address = match typed.type_()?.shape {
                Shape::Pointer { .. } if offset == 0 => {
                    self.with_names(value, |names, memory| typed.pointer_as(pointer, names, memory))
                }
                Shape::Array { .. } if offset == 0 => Ok(typed.address()?),
                Shape::Function { .. } => Ok(typed.address()?.wrapping_add_signed(offset)),
                Shape::Pointer { .. } | Shape::Array { .. } => refused(
                    "a number added to a pointer can mean elements or bytes: write ptr:AT+BYTES".into(),
                ),
                _ => refused(format!("{} is not a pointer, and &{0} is its address", typed.path)),
            };
            Ok((address?, pointer.differs_from(&typed)?))
        }

        /// Given bytes, of exactly the type's size.
        fn given_bytes(&self, typed: &Typed, value: &str) -> Result<Encoded, Error> {
            let value: Value = value.parse()?;
            let bytes = self.bytes(&value, &mut Inputs::files())?;
            let address = typed.address()?;
            let size = typed.size()?.unwrap_or(0);
            if bytes.len() as u64 != size {
                let room = usize::try_from(size).unwrap_or(usize::MAX);
                let why = format!("it has {} bytes, and there is room for {room}", bytes.len());
                let value = value.to_string();
                return Err(TypedError::DoesNotFit { path: typed.path.clone(), value, why }.into());
            }
            Ok(Encoded::whole(address, bytes))
        }
    }

    /// A new value.
    struct New {
        /// Place of the value.
        typed: Typed,
        encoded: Encoded,
        /// Types of a pointer and of its new value, where they differ.
        differing: Option<(String, String)>,
    }

    /// Whether a text that is no value of a type may be a place that stands for its address.
    fn may_be_place(typed: &Typed, value: &str) -> Result<bool, TypedError> {
        let is_marked = value.starts_with(['&', '@']) || value.starts_with("ptr:");
        Ok(match typed.type_()?.shape {
            Shape::Pointer { .. } => {
                is_marked
                    || value.starts_with('\'') && value.contains("'::")
                    || !value.starts_with(|first: char| first.is_ascii_digit() || "\"'-".contains(first))
            }
            Shape::Base(Base::Unsigned | Base::Signed) => is_marked,
            _ => false,
        })
    }
}

#[cfg(not(feature = "symbols"))]
mod without_types {
    use dumpedit_layout::{AccessError, Context};

    use crate::edit::Edit;
    use crate::error::Error;
    use crate::notation::scope::Object;
    use crate::notation::{At, Scope};

    impl Edit {
        pub(crate) fn set_variable_in(
            &mut self,
            _: &Result<Context, AccessError>,
            path: &str,
            _: &str,
        ) -> Result<u64, Error> {
            Err(Error::NoSymbols { name: path.to_owned() })
        }

        pub(crate) fn expect_variable_in(
            &mut self,
            _: &Result<Context, AccessError>,
            path: &str,
            _: &str,
        ) -> Result<(), Error> {
            Err(Error::NoSymbols { name: path.to_owned() })
        }
    }

    impl Edit {
        pub(crate) fn tell_shadowed(&self, _: &str) {}

        pub(crate) fn tell_short(
            &mut self,
            _: &Result<Context, AccessError>,
            _: &At,
            _: Option<Object>,
            _: u64,
        ) {
        }

        pub(crate) fn of_variable(&self, _: &Result<Context, AccessError>, _: &str, error: Error) -> Error {
            error
        }
    }

    impl Scope<'_> {
        pub(crate) fn begins_with_symbol(&self, _: &str) -> bool {
            false
        }

        pub(crate) fn is_variable(&self, _: &str) -> bool {
            false
        }
    }
}
