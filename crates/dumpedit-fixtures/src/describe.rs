//! stub
use dumpedit::Dump;
use crate::error::FixtureError;
use crate::spec::Spec;
pub struct DescribeOptions;
pub enum Memory { None }
pub fn describe(_d: &Dump, _o: &DescribeOptions) -> Result<Spec, FixtureError> { todo!() }
