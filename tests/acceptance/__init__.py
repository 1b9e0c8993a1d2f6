"""Issue 2, section 4, acceptance (ii) and (iii), each as its users live it: through the pages, one whole path a test."""
