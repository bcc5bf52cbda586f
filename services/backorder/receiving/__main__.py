from backorder.receiving.service import run
from backorder.start import main

main(run)
