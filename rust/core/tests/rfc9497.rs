//! The published vectors of RFC 9497 Appendix A.1, OPRF and VOPRF, single and batch.

use pilookup_core::{
    Mode, SecretKey,
    oprf::{self, voprf},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    suites: Vec<SuiteVectors>,
}

#[derive(Deserialize)]
struct SuiteVectors {
    mode: String,
    seed: String,
    key_info: String,
    secret_key: String,
    public_key: Option<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    inputs: Vec<String>,
    blinds: Vec<String>,
    blinded_elements: Vec<String>,
    evaluated_elements: Vec<String>,
    outputs: Vec<String>,
    proof: Option<String>,
    proof_random_scalar: Option<String>,
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn joined(texts: &[String]) -> Vec<u8> {
    texts.iter().flat_map(|text| unhex(text)).collect()
}

fn suites() -> Vec<SuiteVectors> {
    let vectors: Vectors = serde_json::from_str(include_str!("../../../tests/vectors/rfc9497.json")).unwrap();
    vectors.suites
}

fn mode(suite: &SuiteVectors) -> Mode {
    match suite.mode.as_str() {
        "oprf" => Mode::Oprf,
        "voprf" => Mode::Voprf,
        other => panic!("unknown mode {other}"),
    }
}

fn check(key: &SecretKey, mode: Mode, case: &Case) {
    let inputs: Vec<_> = case.inputs.iter().map(|input| unhex(input)).collect();
    let (blinds, blinded) = voprf::blind_with(&inputs, &joined(&case.blinds), mode).unwrap();
    assert_eq!(blinded, joined(&case.blinded_elements));
    let evaluated = voprf::evaluate(&blinded, key).unwrap();
    assert_eq!(evaluated, joined(&case.evaluated_elements));
    assert_eq!(voprf::finalize(&inputs, &blinds, &evaluated).unwrap(), joined(&case.outputs));
    if let (Some(proof), Some(random)) = (&case.proof, &case.proof_random_scalar) {
        let proven = voprf::prove_with(&blinded, &evaluated, key, &unhex(random)).unwrap();
        assert_eq!(proven.as_slice(), unhex(proof));
        assert_eq!(voprf::verify(&key.public(), &blinded, &evaluated, &proven), Ok(true));
    }
}

#[test]
fn every_published_vector_passes() {
    let suites = suites();
    assert_eq!(suites.iter().map(|suite| suite.cases.len()).collect::<Vec<_>>(), [2, 3]);
    for suite in &suites {
        let key = SecretKey::derive(&unhex(&suite.seed), &unhex(&suite.key_info), mode(suite)).unwrap();
        assert_eq!(key.export().as_slice(), unhex(&suite.secret_key));
        if let Some(public) = &suite.public_key {
            assert_eq!(key.public().as_slice(), unhex(public));
        }
        suite.cases.iter().for_each(|case| check(&key, mode(suite), case));
    }
}

#[test]
fn every_vector_of_voprf_has_a_proof() {
    let mut proofs = suites().into_iter().filter(|suite| suite.mode == "voprf").flat_map(|suite| suite.cases);
    assert!(proofs.all(|case| case.proof.is_some() && case.proof_random_scalar.is_some()));
}

/// `Blind` is the element of the input times the blind, so it equals `tokenise` with the blind as the key. There are
/// enough copies of the inputs to fill every lane, with some left over.
#[test]
fn the_published_inputs_hash_to_their_elements_in_bulk() {
    let suites = suites();
    for case in suites.iter().filter(|suite| suite.mode == "voprf").flat_map(|suite| &suite.cases) {
        for ((input, blind), element) in case.inputs.iter().zip(&case.blinds).zip(&case.blinded_elements) {
            let key = SecretKey::from_bytes(&unhex(blind)).unwrap();
            let elements = oprf::tokenise(&vec![unhex(input); 19], &key).unwrap();
            assert_eq!(elements, unhex(element).repeat(19));
        }
    }
}
