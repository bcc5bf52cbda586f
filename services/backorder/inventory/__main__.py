from backorder.inventory.service import run
from backorder.start import main

main(run)
