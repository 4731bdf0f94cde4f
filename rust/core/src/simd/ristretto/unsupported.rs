//! The kernel on processors other than x86-64: types without values.

use curve25519_dalek::Scalar;

use crate::oprf::group::{Encoded, UNIFORM_BYTES};

/// What is wrong with an encoded element.
#[allow(dead_code, reason = "without a kernel, nothing is decoded")]
pub(crate) enum Flaw {
    /// It is not a canonical encoding.
    Encoding,
    /// It is the identity.
    Identity,
}

/// Has no values.
#[derive(Clone, Copy)]
pub(crate) enum Kernel {}

/// Has no values.
#[derive(Clone)]
pub(crate) enum Points {}

/// Has no values.
pub(crate) enum Combs {}

impl Kernel {
    pub(crate) fn avx512() -> Option<Self> {
        None
    }

    pub(crate) fn avx2() -> Option<Self> {
        None
    }

    pub(crate) fn name(self) -> &'static str {
        match self {}
    }

    pub(crate) fn fewest_summed(self) -> usize {
        match self {}
    }

    pub(crate) fn derive(self, _: &[[u8; UNIFORM_BYTES]]) -> Points {
        match self {}
    }

    pub(crate) fn decode(self, _: &[Encoded]) -> Result<Points, (usize, Flaw)> {
        match self {}
    }
}

impl Points {
    pub(crate) fn first_identity(&self) -> Option<usize> {
        match *self {}
    }

    pub(crate) fn multiply(&mut self, _: &Scalar) {
        match *self {}
    }

    pub(crate) fn multiply_each(&mut self, _: &[Scalar]) {
        match *self {}
    }

    pub(crate) fn sum_of_products(&self, _: &[Scalar]) -> Self {
        match *self {}
    }

    pub(crate) fn combs(&self) -> Combs {
        match *self {}
    }

    pub(crate) fn encode_doubles(&self, _: &mut [Encoded]) {
        match *self {}
    }
}

impl Combs {
    pub(crate) fn multiply(&self, _: &Scalar) -> Points {
        match *self {}
    }

    pub(crate) fn encode_doubles<const N: usize>(
        &self,
        _: [&[Scalar]; N],
        _: &[Scalar],
    ) -> ([Vec<Encoded>; N], Vec<Encoded>) {
        match *self {}
    }
}
