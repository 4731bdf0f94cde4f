#!/usr/bin/env bash
# Run the tests of the arithmetic again with every backend of this machine except the default one.
set -euo pipefail

name() { PILOOKUP_BACKEND="$1" python -c 'from pilookup import _core; print(_core.backend())' 2>/dev/null; }

taken=$(name auto)
echo "backend $taken: tested above"
for backend in avx512ifma avx2 dalek; do
    if ! named=$(name "$backend"); then
        echo "backend $backend: not on this machine, NOT TESTED"
    elif [ "$named" != "$taken" ]; then
        echo "backend $named"
        export PILOOKUP_BACKEND="$backend"
        (cd rust && cargo test --release --locked --quiet -- --skip simd:: --skip constant_time)
        pytest -n 2 --dist worksteal tests/core tests/protocol
    fi
done
