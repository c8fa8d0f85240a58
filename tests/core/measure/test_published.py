from core.measure.published import PEAKS, peak_of


def test_a_gpu_is_looked_up_by_its_exact_name() -> None:
    assert peak_of("Tesla T4") is PEAKS["Tesla T4"]
    for unknown in ("T4", "tesla t4", "NVIDIA H200 NVL", "", None):
        assert peak_of(unknown) is None


def test_every_peak_has_a_source_and_believable_figures() -> None:
    for peak in PEAKS.values():
        assert peak.source and 1e11 < peak.bytes_per_s < 1e13 and 1e13 < peak.flops_16_bit_per_s < 1e16
