//! Compares the kernel with curve25519-dalek on random points and scalars.

use curve25519_dalek::{RistrettoPoint, Scalar};

use super::{super::Flaw, Kernel, kernels};
use crate::oprf::group::Encoded;

/// The number of points of one round. It is odd, so that the last lanes have to be filled up.
const ROUND: usize = 997;

pub(super) fn uniform(count: usize) -> Vec<[u8; 64]> {
    let mut uniform = vec![[0; 64]; count];
    getrandom::fill(uniform.as_flattened_mut()).unwrap();
    uniform
}

pub(super) fn encoded(uniform: &[[u8; 64]]) -> Vec<Encoded> {
    uniform.iter().map(|uniform| RistrettoPoint::from_uniform_bytes(uniform).compress().to_bytes()).collect()
}

fn scalars(count: usize) -> Vec<Scalar> {
    uniform(count).iter().map(Scalar::from_bytes_mod_order_wide).collect()
}

/// Compares `count` random points times one random scalar, and the decoded products times one scalar each, from bytes
/// to bytes.
fn agree(kernel: Kernel, count: usize) {
    let (uniform, one, each) = (uniform(count), scalars(1)[0], scalars(count));
    let mut points: Vec<_> = uniform.iter().map(RistrettoPoint::from_uniform_bytes).collect();
    let mut rows = vec![[0; 32]; count];

    let mut derived = kernel.derive(&uniform);
    derived.multiply(&one.div_by_2());
    derived.encode_doubles(&mut rows);
    for point in &mut points {
        *point *= one;
    }
    for (point, row) in points.iter().zip(&rows) {
        assert_eq!(point.compress().to_bytes(), *row);
    }

    let mut decoded = kernel.decode(&rows).map_err(|flaw| format!("{flaw:?}")).unwrap();
    decoded.multiply_each(&each.iter().map(Scalar::div_by_2).collect::<Vec<_>>());
    decoded.encode_doubles(&mut rows);
    points.iter_mut().zip(&each).for_each(|(point, scalar)| *point *= scalar);
    for (point, row) in points.iter().zip(&rows) {
        assert_eq!(point.compress().to_bytes(), *row);
    }
}

#[test]
fn any_number_of_points_agrees_with_dalek() {
    for kernel in kernels() {
        (0..=33).for_each(|count| agree(kernel, count));
    }
}

#[test]
fn a_hundred_thousand_points_and_scalars_agree_with_dalek() {
    for kernel in kernels() {
        (0..100_000_usize.div_ceil(ROUND)).for_each(|_| agree(kernel, ROUND));
    }
}

#[test]
#[ignore = "takes minutes: run before a release with --ignored"]
fn ten_million_points_and_scalars_agree_with_dalek() {
    for kernel in kernels() {
        (0..10_000_000_usize.div_ceil(ROUND)).for_each(|_| agree(kernel, ROUND));
    }
}

#[test]
fn sums_of_products_agree_with_dalek() {
    for (kernel, count) in kernels().flat_map(|kernel| (1..=33).map(move |count| (kernel, count))) {
        let (uniform, scalars) = (uniform(count), scalars(count));
        let points = uniform.iter().map(RistrettoPoint::from_uniform_bytes);
        let sum: RistrettoPoint = points.zip(&scalars).map(|(point, scalar)| point * scalar).sum();
        let mut row = [[0; 32]];
        kernel.derive(&uniform).sum_of_products(&scalars).encode_doubles(&mut row);
        assert_eq!(row[0], (sum + sum).compress().to_bytes());
    }
}

#[test]
fn products_by_combs_agree_with_dalek() {
    for (kernel, count) in kernels().flat_map(|kernel| (0..=33).map(move |count| (kernel, count))) {
        let (uniform, one, lists) = (uniform(count), scalars(1)[0], [scalars(count), scalars(count)]);
        let points: Vec<_> = uniform.iter().map(RistrettoPoint::from_uniform_bytes).collect();
        let combs = kernel.derive(&uniform).combs();
        let mut rows = vec![[0; 32]; count];
        combs.multiply(&one.div_by_2()).encode_doubles(&mut rows);
        assert_eq!(rows, points.iter().map(|point| (point * one).compress().to_bytes()).collect::<Vec<_>>());

        let of_generator = scalars(count / 2);
        let (encoded, generated) = combs.encode_doubles(lists.each_ref().map(Vec::as_slice), &of_generator);
        for (scalars, encoded) in lists.iter().zip(encoded) {
            let twice = points.iter().zip(scalars).map(|(point, scalar)| point * (scalar + scalar));
            assert_eq!(encoded, twice.map(|point| point.compress().to_bytes()).collect::<Vec<_>>());
        }
        let twice = of_generator.iter().map(|scalar| RistrettoPoint::mul_base(&(scalar + scalar)));
        assert_eq!(generated, twice.map(|point| point.compress().to_bytes()).collect::<Vec<_>>());
    }
}

#[test]
fn a_flaw_is_reported_with_its_index() {
    let good = encoded(&uniform(17));
    for (kernel, index) in kernels().flat_map(|kernel| (0..17).map(move |index| (kernel, index))) {
        let mut bad = good.clone();
        bad[index] = [0; 32];
        assert_eq!(kernel.decode(&bad).map(drop), Err((index, Flaw::Identity)));
        bad[index] = [0xff; 32];
        assert_eq!(kernel.decode(&bad).map(drop), Err((index, Flaw::Encoding)));
    }
}
