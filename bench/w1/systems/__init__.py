"""The job of W1, once for each system; each file is a client process of its own."""
