//! The members that a name means in a class with base classes. As in C++, a member hides those with its name in the
//! bases of its class, and a virtual base class is one object, whichever way leads to it.

use std::collections::HashSet;

use super::class_names::{is_class, parts_of_name};
use super::{Names, ReadMemory, Typed, TypedError, ValuePlace, wrapped};
use crate::path::{Path, PathStep};
use crate::types::{Member, MemberPlace, Shape};

/// The most base classes and unnamed members that are searched.
const MOST: u32 = 512;
/// The most members that an error lists.
const LISTED: usize = 12;

/// A base class or an unnamed member of a value, or the value itself.
#[derive(Clone)]
struct Subobject {
    /// A value of its type. It has no place.
    value: Typed,
    /// The name of its class; empty for an unnamed member.
    class: String,
    /// The base classes and unnamed members that lead to it, each inside the one before.
    way: Vec<Member>,
    identity: Identity,
}

/// What two ways to the same object have in common.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Identity {
    /// The last virtual base class on the way.
    virtual_base: Option<String>,
    /// The positions of the parts after it, each in its class.
    positions: Vec<usize>,
}

/// A member with the name that is looked for.
struct Found {
    inside: Subobject,
    member: Member,
    identity: Identity,
}

impl Typed {
    /// The member that a name means, which may have classes before it: `member`, `Base::member`, `Derived::Base::member`.
    /// `None` if there is no such member.
    ///
    /// # Errors
    /// [`TypedError::SeveralMembers`], and [`TypedError::OnlyDeclared`] if the member may be in a class that is not
    /// defined.
    pub(super) fn named_member(
        &self,
        name: &str,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<Option<Typed>, TypedError> {
        let found = self.meant(name, names)?;
        let only = match found.as_slice() {
            [] => return Ok(None),
            [only] => only,
            several => {
                let mut members = Vec::new();
                for one in several.iter().take(LISTED) {
                    members.push(self.name_of(one, names)?);
                }
                if several.len() > LISTED {
                    members.push("...".into());
                }
                return Err(TypedError::SeveralMembers {
                    path: self.path.clone(),
                    member: name.into(),
                    members,
                });
            }
        };
        let typed = match only.member.place {
            MemberPlace::Static(_) => only.inside.value.static_member(&only.member, names, memory)?,
            MemberPlace::Constant(_) => only.inside.value.selected(&only.member, memory)?,
            _ => {
                let mut object = self.clone();
                for part in &only.inside.way {
                    object = object.selected(part, memory)?.completed(names)?;
                }
                object.selected(&only.member, memory)?
            }
        };
        Ok(Some(Typed { path: format!("{}.{name}", wrapped(&self.path)), ..typed }))
    }

    /// The members that a name may mean.
    fn meant(&self, name: &str, names: &dyn Names) -> Result<Vec<Found>, TypedError> {
        let parts = parts_of_name(name);
        let Some((last, mut classes)) = parts.split_last() else { return Ok(Vec::new()) };
        let mut inside = vec![Subobject::whole(self)?];
        while !classes.is_empty() {
            let mut next = Vec::new();
            for count in (1..=classes.len()).rev() {
                let (class, rest) = classes.split_at_checked(count).unwrap_or_default();
                next = named_class(&inside, &class.join("::"), names)?;
                if !next.is_empty() {
                    classes = rest;
                    break;
                }
            }
            if next.is_empty() {
                return Ok(Vec::new());
            }
            inside = next;
        }
        let mut search = Search::new(names);
        let mut found: Vec<Found> = Vec::new();
        for inside in search.all(&inside, &|part| Ok(part.member(last)?.is_some()))? {
            let Some(member) = inside.member(last)? else { continue };
            let identity = match member.place {
                // A class has a static member once, however many objects are of the class.
                MemberPlace::Static(_) | MemberPlace::Constant(_) => {
                    Identity { virtual_base: Some(inside.value.type_name()?), positions: Vec::new() }
                }
                _ => inside.identity.clone(),
            };
            if found.iter().all(|other| other.identity != identity) {
                found.push(Found { inside, member, identity });
            }
        }
        match search.only_declared {
            Some(what) if found.is_empty() => {
                let module = self.module.and_then(|module| names.module_name(module)).unwrap_or_default();
                Err(TypedError::OnlyDeclared { what, module })
            }
            _ => Ok(found),
        }
    }

    /// The shortest name that means only this member, and that a path may have.
    fn name_of(&self, found: &Found, names: &dyn Names) -> Result<String, TypedError> {
        let member = &found.member.name;
        let classes: Vec<&str> =
            found.inside.way.iter().map(|part| part.name.as_str()).filter(|name| !name.is_empty()).collect();
        let short = |class: &&str| parts_of_name(class).pop().unwrap_or_default().to_owned();
        let whole = classes.join("::");
        let one = classes.iter().rev().flat_map(|class| [(*class).to_owned(), short(class)]);
        let chain = classes.iter().map(short).collect::<Vec<_>>().join("::");
        for class in one.chain([whole.clone(), chain]) {
            let name = format!("{class}::{member}");
            let is_path = Path::parse(&format!("x.{name}"))
                .is_ok_and(|path| path.steps == [PathStep::Member(name.clone())]);
            if is_path
                && let [only] = self.meant(&name, names)?.as_slice()
                && only.identity == found.identity
            {
                return Ok(name);
            }
        }
        Ok(if whole.is_empty() { member.clone() } else { format!("{whole}::{member}") })
    }
}

/// The subobjects whose class has a name. A class with exactly this name comes before those in other scopes.
fn named_class(inside: &[Subobject], class: &str, names: &dyn Names) -> Result<Vec<Subobject>, TypedError> {
    let exact = Search::new(names).all(inside, &|part| Ok(part.class == class))?;
    if !exact.is_empty() {
        return Ok(exact);
    }
    Search::new(names).all(inside, &|part| Ok(!part.class.is_empty() && is_class(&part.class, class)))
}

impl Subobject {
    fn whole(value: &Typed) -> Result<Subobject, TypedError> {
        let class = value.type_()?.name.clone();
        let value = Typed { place: ValuePlace::OptimizedAway, ..value.clone() };
        Ok(Subobject { value, class, way: Vec::new(), identity: Identity::default() })
    }

    /// The member that its own class has.
    fn member(&self, name: &str) -> Result<Option<Member>, TypedError> {
        let type_ = self.value.type_()?;
        let Shape::Struct { members, .. } = &type_.shape else { return Ok(None) };
        Ok(members.iter().find(|member| member.name == name && !member.base_class).cloned())
    }

    /// A base class or an unnamed member of its class.
    fn part(&self, position: usize, member: &Member, names: &dyn Names) -> Result<Subobject, TypedError> {
        let value = self.value.at(self.value.path.clone(), ValuePlace::OptimizedAway, member.of.clone());
        let mut identity = self.identity.clone();
        match member.place {
            MemberPlace::VirtualBase { .. } => {
                identity = Identity { virtual_base: Some(member.name.clone()), positions: Vec::new() };
            }
            _ => identity.positions.push(position),
        }
        let way = self.way.iter().chain([member]).cloned().collect();
        Ok(Subobject { value: value.completed(names)?, class: member.name.clone(), way, identity })
    }
}

/// A search for subobjects.
struct Search<'a> {
    names: &'a dyn Names,
    seen: HashSet<Identity>,
    left: u32,
    /// A class that is not defined, so that it is not known what it has.
    only_declared: Option<String>,
}

impl Search<'_> {
    fn new(names: &dyn Names) -> Search<'_> {
        Search { names, seen: HashSet::new(), left: MOST, only_declared: None }
    }

    /// The wanted ones of these subobjects and of those in them. What is inside a wanted one is not searched.
    fn all(
        &mut self,
        inside: &[Subobject],
        is_wanted: &dyn Fn(&Subobject) -> Result<bool, TypedError>,
    ) -> Result<Vec<Subobject>, TypedError> {
        let mut found = Vec::new();
        for part in inside {
            self.add(part.clone(), is_wanted, &mut found)?;
        }
        Ok(found)
    }

    fn add(
        &mut self,
        part: Subobject,
        is_wanted: &dyn Fn(&Subobject) -> Result<bool, TypedError>,
        found: &mut Vec<Subobject>,
    ) -> Result<(), TypedError> {
        if !self.seen.insert(part.identity.clone()) {
            return Ok(());
        }
        if is_wanted(&part)? {
            found.push(part);
            return Ok(());
        }
        let type_ = part.value.type_()?;
        let members = match &type_.shape {
            Shape::Struct { members, .. } => members,
            Shape::Declared(_) => {
                self.only_declared.get_or_insert(part.value.type_name()?);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let is_part = |member: &Member| member.base_class || member.name.is_empty();
        for (position, member) in members.iter().enumerate().filter(|(_, member)| is_part(member)) {
            // A damaged class may be its own base.
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                break;
            }
            self.add(part.part(position, member, self.names)?, is_wanted, found)?;
        }
        Ok(())
    }
}
