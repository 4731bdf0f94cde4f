//! The functions that are compiled for an instruction set. They can be called only with the evidence that the machine
//! has it.

use std::sync::OnceLock;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED;

use super::{
    arithmetic::{Lanes, MaskOf},
    avx2::Avx2,
    avx512::Avx512,
    codec::Uniform,
    comb::Comb,
    decode::decode,
    elligator::derive,
    encode::encode_doubles,
    multiply::{self, Digits, Table},
    point::PointIn,
};
use crate::oprf::group::Encoded;

/// The operations on points in lanes. Each is a separate function into which all of its code is inlined.
pub(super) trait Dispatch: Lanes {
    /// [`derive()`]
    fn derive(self, uniform: &[Uniform]) -> PointIn<Self>;
    /// [`decode`]
    fn decode(self, batches: &[&[Encoded]; 2]) -> ([PointIn<Self>; 2], [MaskOf<Self>; 2]);
    /// [`Table::multiply`]
    fn multiply(self, table: &mut Table<Self::Field>, point: &PointIn<Self>, scalars: &Digits) -> PointIn<Self>;
    /// [`multiply::sum_of_products`]
    fn sum_of_products(self, points: &[PointIn<Self>], scalars: &[Digits]) -> PointIn<Self>;
    /// [`Comb::of`]
    fn comb(self, point: &PointIn<Self>) -> Comb<Self::Field>;
    /// [`Comb::multiply`]
    fn multiply_comb(self, comb: &Comb<Self::Field>, scalars: &Digits) -> PointIn<Self>;
    /// The tables of the generator, in every lane. They are computed once.
    fn generator(self) -> &'static Comb<Self::Field>;
    /// [`encode_doubles`]
    fn encode_doubles(self, points: &[PointIn<Self>], rows: &mut [Encoded]);
    /// [`super::point::Extended::is_identity`]
    fn is_identity(self, point: &PointIn<Self>) -> MaskOf<Self>;
}

macro_rules! dispatch {
    // Calls a function that is compiled for `$features`. Used only in methods of the evidence that the machine has
    // them.
    (@$features:tt, ($($argument:ident: $kind:ty),*) -> $result:ty, $body:expr) => {{
        #[target_feature(enable = $features)]
        fn compiled($($argument: $kind),*) -> $result {
            $body
        }
        // SAFETY: a value of the type that this is implemented for exists only if the instructions were detected.
        unsafe { compiled($($argument),*) }
    }};
    ($lanes:ty, $features:tt) => {
        impl Dispatch for $lanes {
            fn derive(self, uniform: &[Uniform]) -> PointIn<$lanes> {
                let lanes = self;
                dispatch!(@$features, (lanes: $lanes, uniform: &[Uniform]) -> PointIn<$lanes>, derive(lanes, uniform))
            }

            fn decode(self, batches: &[&[Encoded]; 2]) -> ([PointIn<$lanes>; 2], [MaskOf<$lanes>; 2]) {
                let lanes = self;
                dispatch!(@$features,
                    (lanes: $lanes, batches: &[&[Encoded]; 2]) -> ([PointIn<$lanes>; 2], [MaskOf<$lanes>; 2]),
                    decode(lanes, batches))
            }

            fn multiply(
                self,
                table: &mut Table<<$lanes as Lanes>::Field>,
                point: &PointIn<$lanes>,
                scalars: &Digits,
            ) -> PointIn<$lanes> {
                dispatch!(@$features,
                    (table: &mut Table<<$lanes as Lanes>::Field>, point: &PointIn<$lanes>, scalars: &Digits)
                        -> PointIn<$lanes>,
                    table.multiply(point, scalars))
            }

            fn sum_of_products(self, points: &[PointIn<$lanes>], scalars: &[Digits]) -> PointIn<$lanes> {
                let lanes = self;
                dispatch!(@$features,
                    (lanes: $lanes, points: &[PointIn<$lanes>], scalars: &[Digits]) -> PointIn<$lanes>,
                    multiply::sum_of_products(lanes, points, scalars))
            }

            fn comb(self, point: &PointIn<$lanes>) -> Comb<<$lanes as Lanes>::Field> {
                dispatch!(@$features, (point: &PointIn<$lanes>) -> Comb<<$lanes as Lanes>::Field>, Comb::of(point))
            }

            fn multiply_comb(self, comb: &Comb<<$lanes as Lanes>::Field>, scalars: &Digits) -> PointIn<$lanes> {
                dispatch!(@$features,
                    (comb: &Comb<<$lanes as Lanes>::Field>, scalars: &Digits) -> PointIn<$lanes>,
                    comb.multiply(scalars))
            }

            fn generator(self) -> &'static Comb<<$lanes as Lanes>::Field> {
                static COMB: OnceLock<Comb<<$lanes as Lanes>::Field>> = OnceLock::new();
                COMB.get_or_init(|| {
                    let generator = [RISTRETTO_BASEPOINT_COMPRESSED.to_bytes()];
                    let ([point, _], _) = self.decode(&[&generator, &generator]);
                    self.comb(&point)
                })
            }

            fn encode_doubles(self, points: &[PointIn<$lanes>], rows: &mut [Encoded]) {
                let lanes = self;
                dispatch!(@$features,
                    (lanes: $lanes, points: &[PointIn<$lanes>], rows: &mut [Encoded]) -> (),
                    encode_doubles(lanes, points, rows));
            }

            fn is_identity(self, point: &PointIn<$lanes>) -> MaskOf<$lanes> {
                dispatch!(@$features, (point: &PointIn<$lanes>) -> MaskOf<$lanes>, point.is_identity())
            }
        }
    };
}

dispatch!(Avx512, "avx512f,avx512dq,avx512ifma");
dispatch!(Avx2, "avx2");
