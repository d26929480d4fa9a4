//! Resolves names of fields: `module[libc].name` and `thread[crashed].id` are other forms of names in the table.

use dumpedit_formats::fields::{Field, Fields, is_name};
use dumpedit_layout::{Format, ThreadIndex, base_name, stems};

use crate::dump::Dump;
use crate::error::Error;
use crate::notation::{ThreadText, similar};

/// Maximum number of fields that are searched for a similar name.
const MOST_LOOKED_AT: usize = 1 << 16;

impl Dump {
    /// The field with a name.
    ///
    /// # Errors
    /// [`Error::NoSuchField`] with a similar name, and [`Error::Format`] where the dump cannot be read any more.
    pub fn field(&self, name: &str) -> Result<Field, Error> {
        let fields = self.fields()?;
        if let Some(found) = fields.find(name) {
            return Ok(found);
        }
        let meant = self.field_called(fields, name)?;
        if let Some(found) = meant.as_deref().and_then(|meant| fields.find(meant)) {
            return Ok(found);
        }
        let similar = self.similar_field(fields, meant.as_deref().unwrap_or(name));
        Err(Error::NoSuchField { name: name.to_owned(), similar })
    }

    /// The fields whose names begin with the whole words of a name: `crash`, `module[libc]`, `note.auxv`.
    ///
    /// # Errors
    /// Those of [`Dump::field`], where there is none.
    pub fn fields_below(&self, name: &str) -> Result<Vec<Field>, Error> {
        let fields = self.fields()?;
        let below = |name: &str| -> Vec<Field> {
            let behind = |path: &str| {
                path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            fields.iter().filter(|field| behind(&field.path)).collect()
        };
        let found = below(name);
        if !found.is_empty() {
            return Ok(found);
        }
        let meant = self.field_called(fields, name)?.map(|meant| below(&meant)).unwrap_or_default();
        if meant.is_empty() { self.field(name).map(|field| vec![field]) } else { Ok(meant) }
    }

    /// The thread of `thread[4711].name` in a minidump without a name for it, and so without that field.
    pub(crate) fn unnamed_thread(&self, name: &str) -> Option<ThreadIndex> {
        let (root, key, rest) = parts(name)?;
        let is_name = root == "thread" && rest == ".name" && self.layout().format() == Format::Minidump;
        key.parse::<ThreadText>().ok().filter(|_| is_name)?.find(self.layout()).ok()
    }

    /// The name in the table for a key in another form.
    fn field_called(&self, fields: &Fields, name: &str) -> Result<Option<String>, Error> {
        let Some((root, key, rest)) = parts(name) else { return Ok(None) };
        let keys: Vec<String> = fields.keys(root).collect();
        let by_index = |key: &str| {
            let index = key.strip_prefix("index:")?.parse::<usize>().ok()?;
            keys.get(index).cloned()
        };
        let found = match root {
            "thread" => match key.parse::<ThreadText>() {
                Ok(text) => {
                    let ThreadIndex(index) = text.find(self.layout())?;
                    let thread = usize::try_from(index).ok().and_then(|at| self.layout().threads().get(at));
                    let own = thread.map(|thread| thread.tid.to_string());
                    own.filter(|own| keys.contains(own)).or_else(|| by_index(&format!("index:{index}")))
                }
                Err(_) => None,
            },
            "module" => match by_index(key) {
                Some(found) => Some(found),
                None => self.module_key(&keys, key)?,
            },
            "crash" if key == "0" => return Ok(Some(format!("{root}{rest}"))),
            _ => by_index(key).or_else(|| {
                let same = |known: &&String| {
                    known.eq_ignore_ascii_case(key)
                        || known.strip_suffix("Stream").is_some_and(|known| known.eq_ignore_ascii_case(key))
                };
                keys.iter().find(same).cloned()
            }),
        };
        Ok(found.map(|key| format!("{root}[{key}]{rest}")))
    }

    /// The key of a module by a part of its name, as for locations in modules.
    fn module_key(&self, keys: &[String], name: &str) -> Result<Option<String>, Error> {
        let any_case = self.layout().os().is_some_and(|os| os.eq_ignore_ascii_case("windows"));
        let same = |a: &str, b: &str| if any_case { a.to_lowercase() == b.to_lowercase() } else { a == b };
        let ways: [&dyn Fn(&str) -> bool; 3] =
            [&|key| same(key, name), &|key| same(base_name(key), base_name(name)), &|key| {
                stems(base_name(key)).any(|stem| same(stem, name))
            }];
        for way in ways {
            let found: Vec<&String> = keys.iter().filter(|key| way(key)).collect();
            match found.as_slice() {
                [] => {}
                [key] => return Ok(Some((*key).clone())),
                several => {
                    let modules = several.iter().take(8).map(|key| format!("module[{key}]")).collect();
                    return Err(Error::AmbiguousModule { name: name.to_owned(), modules });
                }
            }
        }
        Ok(None)
    }

    /// A field's name that is similar to a wrong one.
    fn similar_field(&self, fields: &Fields, name: &str) -> Option<String> {
        let paths: Vec<String> = fields.iter().take(MOST_LOOKED_AT).map(|field| field.path).collect();
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        similar::word(name, &names).map(str::to_owned).or_else(|| {
            // By the last word only: `crash.signal` for `signal`.
            let last = name.rsplit('.').next().filter(|last| !is_name(name) && last.len() > 2)?;
            let ends = |path: &&&str| path.rsplit('.').next() == Some(last);
            names.iter().find(ends).map(|path| (*path).to_owned())
        })
    }
}

/// `module`, `libc` and `.name` of `module[libc].name`.
fn parts(name: &str) -> Option<(&str, &str, &str)> {
    let (root, rest) = name.split_at_checked(name.find('[')?)?;
    let (key, behind) = crate::notation::terms::bracketed(rest)?;
    Some((root, key, behind))
}
