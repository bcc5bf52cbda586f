from backorder.orders.service import run
from backorder.start import main

main(run)
