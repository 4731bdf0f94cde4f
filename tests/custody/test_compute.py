from pilookup.compute.executors import processors


def test_there_is_a_processor():
    assert processors() >= 1
