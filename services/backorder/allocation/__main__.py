from backorder.allocation.service import run
from backorder.start import main

main(run)
