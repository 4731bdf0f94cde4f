//! The AVX-512 code: AVX-512F for the rounds, AVX-512BW for the byte order.

#![allow(unsafe_code)] // loads, stores, and calls of functions compiled for detected features
#![allow(clippy::large_types_passed_by_value)] // arrays of vectors, which are kept in registers

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_loadu_si512, _mm512_permutex2var_epi64, _mm512_ror_epi64, _mm512_set1_epi64,
    _mm512_set4_epi32, _mm512_setr_epi64, _mm512_shuffle_epi8, _mm512_srli_epi64, _mm512_storeu_si512,
    _mm512_ternarylogic_epi64, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use super::{
    BLOCK_BYTES, Digests, MAX_BLOCKS, Padded, Words,
    constants::{INITIAL, ROUND},
};

/// Eight words, one per lane.
type Word = __m512i;

/// The evidence that the machine has the features that the functions below need. Only `detect` makes one.
#[derive(Clone, Copy)]
pub(crate) struct Sha512x8(());

#[allow(clippy::unused_self)] // `self` is the evidence
impl Sha512x8 {
    pub(crate) fn detect() -> Option<Self> {
        let present = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        present.then_some(Self(()))
    }

    /// The digests of eight messages of `blocks` blocks, starting from `state`.
    pub(crate) fn digests(self, state: &Words, padded: &Padded, blocks: usize, out: &mut Digests) {
        assert!(blocks <= MAX_BLOCKS);
        // SAFETY: a `Sha512x8` exists only if both features were detected.
        unsafe { digests(state, padded, blocks, out) }
    }

    /// `SHA-512(SHA-512(message) || tail)` for eight messages of `blocks` blocks, with the inner hash starting from
    /// `state`. `tail` is the second half of the outer block, with its padding.
    pub(crate) fn expansions(self, state: &Words, padded: &Padded, blocks: usize, tail: &Words, out: &mut Digests) {
        assert!(blocks <= MAX_BLOCKS);
        // SAFETY: a `Sha512x8` exists only if both features were detected.
        unsafe { expansions(state, padded, blocks, tail, out) }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn digests(state: &Words, padded: &Padded, blocks: usize, out: &mut Digests) {
    store(absorb(state, padded, blocks), out);
}

#[target_feature(enable = "avx512f,avx512bw")]
fn expansions(state: &Words, padded: &Padded, blocks: usize, tail: &Words, out: &mut Digests) {
    let inner = absorb(state, padded, blocks);
    let tail = broadcast(tail);
    let mut block = [tail[0]; 16];
    block[..8].copy_from_slice(&inner);
    block[8..].copy_from_slice(&tail);
    let mut outer = broadcast(&INITIAL);
    compress(&mut outer, block);
    store(outer, out);
}

#[target_feature(enable = "avx512f,avx512bw")]
fn absorb(state: &Words, padded: &Padded, blocks: usize) -> [Word; 8] {
    let mut state = broadcast(state);
    for block in 0..blocks {
        compress(&mut state, load(padded, block));
    }
    state
}

#[inline]
#[target_feature(enable = "avx512f")]
fn broadcast(words: &Words) -> [Word; 8] {
    words.map(|word| _mm512_set1_epi64(word.cast_signed()))
}

/// One block of every lane, transposed: word `i` of all lanes in vector `i`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load(padded: &Padded, block: usize) -> [Word; 16] {
    let half = |at: usize| {
        let rows = std::array::from_fn(|lane| {
            let words = &padded.0[lane].0[block * BLOCK_BYTES + at..][..64];
            // SAFETY: the slice has 64 bytes, and the load needs no alignment.
            unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
        });
        transpose(rows).map(|word| swap_bytes(word))
    };
    let (first, second) = (half(0), half(64));
    std::array::from_fn(|i| if i < 8 { first[i] } else { second[i - 8] })
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn store(state: [Word; 8], out: &mut Digests) {
    let rows = transpose(state);
    for (row, digest) in rows.into_iter().zip(&mut out.0) {
        // SAFETY: a digest has 64 bytes, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(digest.as_mut_ptr().cast(), swap_bytes(row)) };
    }
}

/// Converts big-endian words to words of the machine, and back.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn swap_bytes(words: Word) -> Word {
    _mm512_shuffle_epi8(words, _mm512_set4_epi32(0x0809_0a0b, 0x0c0d_0e0f, 0x0001_0203, 0x0405_0607))
}

/// Transposes eight rows of eight words to eight columns.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(rows: [Word; 8]) -> [Word; 8] {
    let pair = |i: usize| (_mm512_unpacklo_epi64(rows[i], rows[i + 1]), _mm512_unpackhi_epi64(rows[i], rows[i + 1]));
    let ((a0, a1), (b0, b1), (c0, c1), (d0, d1)) = (pair(0), pair(2), pair(4), pair(6));
    let low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    let high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    let (front, back) = (_mm512_setr_epi64(0, 1, 2, 3, 8, 9, 10, 11), _mm512_setr_epi64(4, 5, 6, 7, 12, 13, 14, 15));
    let quad = |a: Word, b: Word, c: Word, d: Word| {
        let (ab, cd) = (_mm512_permutex2var_epi64(a, low, b), _mm512_permutex2var_epi64(c, low, d));
        let (ef, gh) = (_mm512_permutex2var_epi64(a, high, b), _mm512_permutex2var_epi64(c, high, d));
        [
            _mm512_permutex2var_epi64(ab, front, cd),
            _mm512_permutex2var_epi64(ef, front, gh),
            _mm512_permutex2var_epi64(ab, back, cd),
            _mm512_permutex2var_epi64(ef, back, gh),
        ]
    };
    let (even, odd) = (quad(a0, b0, c0, d0), quad(a1, b1, c1, d1));
    std::array::from_fn(|i| if i % 2 == 0 { even[i / 2] } else { odd[i / 2] })
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor3(a: Word, b: Word, c: Word) -> Word {
    _mm512_ternarylogic_epi64::<0x96>(a, b, c)
}

/// The next word of the schedule (FIPS 180-4 section 6.4.2), with `s0` and `s1` of section 4.1.3.
#[inline]
#[target_feature(enable = "avx512f")]
fn extend(word: Word, next: Word, seven_back: Word, two_back: Word) -> Word {
    let s0 = xor3(_mm512_ror_epi64::<1>(next), _mm512_ror_epi64::<8>(next), _mm512_srli_epi64::<7>(next));
    let s1 = xor3(_mm512_ror_epi64::<19>(two_back), _mm512_ror_epi64::<61>(two_back), _mm512_srli_epi64::<6>(two_back));
    _mm512_add_epi64(_mm512_add_epi64(word, seven_back), _mm512_add_epi64(s0, s1))
}

/// One round. The caller rotates the names of the variables, so that no value is moved: `$d` and `$h` get the new
/// values.
macro_rules! round {
    ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $constant:expr, $word:expr) => {
        let sum = xor3(_mm512_ror_epi64::<14>($e), _mm512_ror_epi64::<18>($e), _mm512_ror_epi64::<41>($e));
        let choice = _mm512_ternarylogic_epi64::<0xca>($e, $f, $g);
        let keyed = _mm512_add_epi64($word, _mm512_set1_epi64($constant.cast_signed()));
        let first = _mm512_add_epi64(_mm512_add_epi64($h, keyed), _mm512_add_epi64(sum, choice));
        let sum = xor3(_mm512_ror_epi64::<28>($a), _mm512_ror_epi64::<34>($a), _mm512_ror_epi64::<39>($a));
        let majority = _mm512_ternarylogic_epi64::<0xe8>($a, $b, $c);
        $d = _mm512_add_epi64($d, first);
        $h = _mm512_add_epi64(first, _mm512_add_epi64(sum, majority));
    };
}

/// Eight rounds, after which every variable has its original role again.
macro_rules! eight_rounds {
    ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $constants:ident, $words:ident, $at:literal) => {
        round!($a $b $c $d $e $f $g $h, $constants[$at], $words[$at]);
        round!($h $a $b $c $d $e $f $g, $constants[$at + 1], $words[$at + 1]);
        round!($g $h $a $b $c $d $e $f, $constants[$at + 2], $words[$at + 2]);
        round!($f $g $h $a $b $c $d $e, $constants[$at + 3], $words[$at + 3]);
        round!($e $f $g $h $a $b $c $d, $constants[$at + 4], $words[$at + 4]);
        round!($d $e $f $g $h $a $b $c, $constants[$at + 5], $words[$at + 5]);
        round!($c $d $e $f $g $h $a $b, $constants[$at + 6], $words[$at + 6]);
        round!($b $c $d $e $f $g $h $a, $constants[$at + 7], $words[$at + 7]);
    };
}

/// Replaces sixteen words of the schedule by the next sixteen. The loop is unrolled, so that they stay in registers.
macro_rules! extend {
    ($words:ident $($j:literal)*) => {$(
        $words[$j] = extend($words[$j], $words[($j + 1) % 16], $words[($j + 9) % 16], $words[($j + 14) % 16]);
    )*};
}

/// Compresses one block into the state.
#[inline]
#[allow(clippy::many_single_char_names)] // the names of the standard
#[target_feature(enable = "avx512f")]
fn compress(state: &mut [Word; 8], mut words: [Word; 16]) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (i, constants) in ROUND.iter().enumerate() {
        if i > 0 {
            extend!(words 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        }
        eight_rounds!(a b c d e f g h, constants, words, 0);
        eight_rounds!(a b c d e f g h, constants, words, 8);
    }
    for (word, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = _mm512_add_epi64(*word, new);
    }
}
