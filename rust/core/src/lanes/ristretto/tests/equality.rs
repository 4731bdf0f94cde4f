//! The kernel against curve25519-dalek.

use curve25519_dalek::{RistrettoPoint, Scalar};

use super::super::{Flaw, Kernel};
use crate::group::Encoded;

fn uniform(count: usize) -> Vec<[u8; 64]> {
    let mut uniform = vec![[0; 64]; count];
    getrandom::fill(uniform.as_flattened_mut()).unwrap();
    uniform
}

fn scalars(count: usize) -> Vec<Scalar> {
    uniform(count).iter().map(Scalar::from_bytes_mod_order_wide).collect()
}

/// `count` random points times one random scalar and times one each, from bytes to bytes.
fn agree(kernel: Kernel, count: usize) {
    let (uniform, one, each) = (uniform(count), scalars(1)[0], scalars(count));
    let points: Vec<_> = uniform.iter().map(RistrettoPoint::from_uniform_bytes).collect();
    let encoded: Vec<Encoded> = points.iter().map(|point| point.compress().to_bytes()).collect();
    let mut rows = vec![[0; 32]; count];

    let mut derived = kernel.derive(&uniform);
    derived.multiply(&one.div_by_2());
    derived.encode_doubles(&mut rows);
    for (point, row) in points.iter().zip(&rows) {
        assert_eq!((point * one).compress().to_bytes(), *row);
    }

    let mut decoded = kernel.decode(&encoded).map_err(|flaw| format!("{flaw:?}")).unwrap();
    decoded.multiply_each(&each.iter().map(Scalar::div_by_2).collect::<Vec<_>>());
    decoded.encode_doubles(&mut rows);
    for ((point, scalar), row) in points.iter().zip(&each).zip(&rows) {
        assert_eq!((point * scalar).compress().to_bytes(), *row);
    }
}

#[test]
fn every_count_agrees_with_dalek() {
    let Some(kernel) = Kernel::detect() else { return };
    for count in 0..=33 {
        agree(kernel, count);
    }
}

#[test]
fn flaws_are_told_by_their_place() {
    let Some(kernel) = Kernel::detect() else { return };
    let good: Vec<Encoded> =
        uniform(17).iter().map(|u| RistrettoPoint::from_uniform_bytes(u).compress().to_bytes()).collect();
    for place in 0..17 {
        let mut bad = good.clone();
        bad[place] = [0; 32];
        assert_eq!(kernel.decode(&bad).map(drop), Err((place, Flaw::Identity)));
        bad[place] = [0xff; 32];
        assert_eq!(kernel.decode(&bad).map(drop), Err((place, Flaw::Encoding)));
    }
}
