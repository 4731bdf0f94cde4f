//! Reading a text in splits, of any size, gives the same rows as reading the whole text.

use pilookup_core::intake::{Codec, Columns, Dialect, Extract, Scan, Scanned, extract, split_text};
use proptest::{collection::vec, prelude::*, sample::select};

fn columns() -> Columns {
    let (phones, account, date) = (vec![0, 2], Some(1), Some(3));
    let (first_filled, unread, eleven_digits) = (false, Vec::new(), Vec::new());
    let (width, from_line, last_month, mainland) = (4, 2, 400, true);
    Columns { phones, first_filled, unread, eleven_digits, account, date, width, from_line, last_month, mainland }
}

/// Rows as (identifier, account, month), the positions and lines of odd records, and counts.
type Held = (Vec<(Vec<u8>, Vec<u8>, [u8; 2])>, Vec<[u64; 4]>, [u64; 5]);

fn held(found: &Extract, start: u64) -> Held {
    let offset = |at: usize| u32::from_le_bytes(found.account_offsets[at]) as usize;
    let number = |at: usize| {
        let first = u32::from_le_bytes(found.indices[at]) as usize * 18;
        (
            found.identifiers[first..first + 18].to_vec(),
            found.accounts[offset(at)..offset(at + 1)].to_vec(),
            found.months[at],
        )
    };
    let odd = found.odd_rows.iter().map(|row| {
        let field = |i: usize| u64::from_le_bytes(std::array::from_fn(|at| row[i * 8 + at]));
        [field(0) + start, field(1) + start, field(2), field(3)]
    });
    let counts = [found.rows, found.ragged, found.repeated, found.out_of_range, found.stray];
    ((0..found.indices.len()).map(number).collect(), odd.collect(), counts)
}

fn by_splits(data: &[u8], dialect: Dialect, size: usize) -> (Held, usize) {
    let (mut at, mut line, mut wanted, mut splits) = (0, 1, size, 0);
    let mut all: Held = Held::default();
    while at < data.len() {
        let stop = data.len().min(at + wanted);
        let whole = stop - at < wanted;
        let split = split_text(&data[at..stop], dialect, whole);
        if split.stop == 0 {
            wanted *= 2;
            continue;
        }
        let found = extract(&data[at..at + split.reach], split.stop, line, dialect, &columns(), whole).unwrap();
        let (rows, odd, counts) = held(&found, at as u64);
        all.0.extend(rows);
        all.1.extend(odd);
        all.2 = std::array::from_fn(|i| all.2[i] + counts[i]);
        line += split.lines as u64;
        at += split.stop;
        wanted = size;
        splits += 1;
    }
    (all, splits)
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: &[&str] = &[
        "13800138000",
        ",",
        "\"",
        "\n",
        "\r\n",
        "\r",
        "\"\"",
        "a",
        " ",
        "2024-05-01",
        "用户",
        "\"x\ny\"",
        ",,,",
        "+8613900139000",
    ];
    vec(select(PARTS), 0..80).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn splits_equal_the_whole_text(data in text(), size in 1usize..60, delimiter in select(&[",", "----", ""][..])) {
        let dialect = Dialect::new(Codec::Utf8, delimiter, 4).unwrap();
        let whole = extract(&data, data.len(), 1, dialect, &columns(), true).unwrap();
        prop_assert_eq!(by_splits(&data, dialect, size).0, held(&whole, 0));
    }

    #[test]
    fn any_bytes_are_split_and_read(data in vec(any::<u8>(), 0..300), size in 1usize..60, gb in any::<bool>()) {
        let dialect = Dialect::new(if gb { Codec::Gb18030 } else { Codec::Utf8 }, ",", 3).unwrap();
        let whole = extract(&data, data.len(), 1, dialect, &columns(), true).unwrap();
        prop_assert_eq!(by_splits(&data, dialect, size).0, held(&whole, 0));
    }

    #[test]
    fn a_scan_finds_invalid_utf8_wherever_blocks_end(data in vec(any::<u8>(), 0..60), size in 1usize..9) {
        let mut scan = Scan::new(Codec::Utf8);
        let mut left = Vec::new();
        let mut plain = true;
        for block in data.chunks(size) {
            left.extend_from_slice(block);
            match scan.feed(&left) {
                Scanned::Plain { left: count } => { left.drain(..left.len() - count); }
                Scanned::Unclear => { plain = false; break; }
            }
        }
        let valid = std::str::from_utf8(&data).is_ok() && !data.contains(&0);
        prop_assert_eq!(plain && left.is_empty(), valid);
    }
}

#[test]
fn a_row_whose_identifier_may_be_a_number_is_left_to_the_rules() {
    let dialect = Dialect::new(Codec::Utf8, ",", 2).unwrap();
    let columns = Columns {
        phones: vec![0],
        unread: vec![1],
        eleven_digits: vec![1],
        account: None,
        date: None,
        width: 2,
        ..columns()
    };
    for (cell, odd) in [
        ("33363142745", 0),
        ("", 0),
        ("x", 0),
        ("13900139000", 1),
        ("02062345678", 1),
        ("139-0013-9000", 1),
        ("+8613900139000", 1),
        ("333631427450", 1),
    ] {
        let data = format!("phone,order\n13800138000,{cell}\n");
        let found = extract(data.as_bytes(), data.len(), 1, dialect, &columns, true).unwrap();
        assert_eq!((found.odd_rows.len(), found.rows), (odd, 1 - odd as u64), "{cell}");
    }
}

#[test]
fn a_quote_that_never_closes_is_plain_text_at_the_limit() {
    let dialect = Dialect::new(Codec::Utf8, ",", 2).unwrap();
    let mut data = b"phone,name\n\"13800138000,a\n".to_vec();
    for _ in 0..40_000 {
        data.extend_from_slice(b"13900139000,b\n");
    }
    let columns = Columns { phones: vec![0], account: None, date: None, width: 2, ..columns() };
    let whole = extract(&data, data.len(), 1, dialect, &columns, true).unwrap();
    assert_eq!((whole.stray, whole.rows, whole.odd_rows.len()), (1, 40_001, 0));
    let split = split_text(&data[..200_000], dialect, false);
    assert!(split.stop > 190_000 && split.reach > 131_072 && split.reach <= 200_000);
}
