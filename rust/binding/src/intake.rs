//! The fast path of intake: scanning, splitting and reading text, and account pseudonyms.

use pilookup_core::intake::{self, Codec, Columns, Dialect, Extract, Scan, Scanned};
use pyo3::{prelude::*, types::PyBytes};

use crate::convert::{Bytes, SecretBytes, bytes_of, raise};

/// A scan of a text, block by block.
#[pyclass(module = "pilookup._core")]
pub(crate) struct TextScan(Scan);

#[pymethods]
impl TextScan {
    #[new]
    fn new(codec: &str) -> PyResult<Self> {
        Codec::named(codec).map(Scan::new).map(Self).map_err(raise)
    }

    fn feed(&mut self, py: Python<'_>, block: Bytes) -> Option<usize> {
        match py.detach(|| self.0.feed(block.as_ref())) {
            Scanned::Plain { left } => Some(left),
            Scanned::Unclear => None,
        }
    }

    #[getter]
    fn filled(&self) -> bool {
        self.0.filled()
    }
}

/// Codec, delimiter and usual number of cells.
type DialectTuple = (String, String, usize);

fn dialect((codec, delimiter, width): DialectTuple) -> PyResult<Dialect> {
    Codec::named(&codec).and_then(|codec| Dialect::new(codec, &delimiter, width)).map_err(raise)
}

#[pyfunction]
fn split_text(py: Python<'_>, data: Bytes, dialect: DialectTuple, whole: bool) -> PyResult<(usize, usize, usize)> {
    let dialect = self::dialect(dialect)?;
    let split = py.detach(|| intake::split_text(data.as_ref(), dialect, whole));
    Ok((split.stop, split.reach, split.lines))
}

/// Phone columns, whether only the first filled one is read, columns that are not read, those of them with identifiers
/// of eleven digits, account column, date column, usual number of cells, first line, latest month, and whether bare
/// mobile numbers are mainland numbers.
type ColumnTuple = (Vec<usize>, bool, Vec<usize>, Vec<usize>, Option<usize>, Option<usize>, usize, u64, u16, bool);

/// The rows of a file split.
#[pyclass(frozen, module = "pilookup._core")]
pub(crate) struct TextRows(Extract);

#[pymethods]
impl TextRows {
    #[new]
    fn new(
        py: Python<'_>,
        text: Bytes,
        stop: usize,
        line: u64,
        whole: bool,
        dialect: DialectTuple,
        columns: ColumnTuple,
    ) -> PyResult<Self> {
        let dialect = self::dialect(dialect)?;
        let (phones, first_filled, unread, eleven_digits, account, date, width, from_line, last_month, mainland) =
            columns;
        let columns = Columns {
            phones,
            first_filled,
            unread,
            eleven_digits,
            account,
            date,
            width,
            from_line,
            last_month,
            mainland,
        };
        py.detach(|| intake::extract(text.as_ref(), stop, line, dialect, &columns, whole)).map(Self).map_err(raise)
    }

    /// The counts `rows`, `ragged`, `repeated`, `out_of_range` and `stray` of [`Extract`].
    #[getter]
    fn counts(&self) -> (u64, u64, u64, u64, u64) {
        (self.0.rows, self.0.ragged, self.0.repeated, self.0.out_of_range, self.0.stray)
    }

    #[getter]
    fn left(&self) -> Vec<u64> {
        self.0.left.clone()
    }

    #[getter]
    fn taken(&self) -> Vec<u64> {
        self.0.taken.clone()
    }

    #[getter]
    fn identifiers<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.identifiers)
    }

    #[getter]
    fn identifier_offsets<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.identifier_offsets.as_flattened())
    }

    #[getter]
    fn indices<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.indices.as_flattened())
    }

    #[getter]
    fn months<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.months.as_flattened())
    }

    #[getter]
    fn accounts<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.accounts)
    }

    #[getter]
    fn account_offsets<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.account_offsets.as_flattened())
    }

    #[getter]
    fn odd_rows<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.odd_rows.as_flattened())
    }

    #[getter]
    fn odd_dates<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.odd_dates.as_flattened())
    }

    #[getter]
    fn odd_accounts<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.odd_accounts.as_flattened())
    }
}

#[pyfunction]
fn account_pseudonyms(
    py: Python<'_>,
    identifiers: Bytes,
    offsets: Bytes,
    indices: Bytes,
    accounts: Bytes,
    account_offsets: Bytes,
    key: SecretBytes,
) -> PyResult<Bound<'_, PyBytes>> {
    bytes_of(py, || {
        let accounts = (accounts.as_ref(), account_offsets.as_ref());
        intake::account_pseudonyms((identifiers.as_ref(), offsets.as_ref()), indices.as_ref(), accounts, key.as_ref())
    })
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TextScan>()?;
    module.add_class::<TextRows>()?;
    module.add_function(wrap_pyfunction!(split_text, module)?)?;
    module.add_function(wrap_pyfunction!(account_pseudonyms, module)?)
}
