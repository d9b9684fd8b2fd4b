"""The parts of perf/compare_kea."""
