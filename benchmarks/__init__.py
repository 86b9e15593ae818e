"""What Onward costs, beside what others cost: one run, interleaved, on servers of its own."""
