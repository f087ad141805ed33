"""Programs that fail while they run, in a file that pytest does not rewrite."""


def asserts(x):
    assert x.sum() > 100.0, "too small"
    return x.sum()
