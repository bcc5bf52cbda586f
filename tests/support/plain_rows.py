"""The rows of a `PlainModel`, counted off its list of units."""


def line_row(model, line):
    has, waits, shipped = (len(model.of(line, state)) for state in ("given", "waits", "shipped"))
    refused, cancelled = (len(model.of(line, state)) for state in ("refused", "cancelled"))
    if has + waits == 0:
        status = "shipped" if shipped else "cancelled" if cancelled else "refused"
    else:
        status = "released" if not waits else "part_allocated" if has else "waiting"
        status = "part_shipped" if shipped else status
    order, ordered = model.orders[line.order], has + waits + shipped + cancelled + refused
    row = {
        "sku": line.sku,
        "location": line.location,
        "ordered": ordered,
        "shipped": shipped,
        "status": status,
    }
    row |= {
        "allocated": has,
        "released": has,
        "picked": line.picked.total(),
        "cancelled": cancelled + refused,
    }
    row |= {"priority": line.priority or order.priority, "required_by": line.required_by or order.required_by}
    row |= {"allocations": dict(model.given(line)), "backordered": waits, "accepted_at": line.at}
    if not waits:
        return row | {"opened_at": None, "waits_for": None, "position": None}
    return row | {"opened_at": line.opened, "waits_for": "stock", "position": position(model, line)}


def position(model, line):
    """1 for the next: one more than the claims before its first one that may use one of its places."""
    place, mine = model.place(model.of(line, "waits")[0]), set(model.usable(line.sku, line.location))
    ahead = [
        claim[0] for claim in model.claims(model.units(line.sku, "waits")) if model.place(claim[0]) < place
    ]
    named = [unit.line.location for unit in ahead]
    return 1 + sum(at == line.location or bool(mine & set(model.usable(line.sku, at))) for at in named)


def stock_row(model, sku, place):
    row, spare, safety = model.row(sku, place), model.spare(sku, place), model.safety(sku, place)
    given = [unit for unit in model.units(sku, "given") if unit.place == place]
    waits = [unit for unit in model.units(sku, "waits") if unit.line.location == place]
    bought = [line for lines in model.bought.values() for line in lines.values()]
    on_order = sum(line.open for line in bought if (line.sku, line.place) == (sku, place))
    picked = sum(line.picked[place] for line in model.lines if line.sku == sku)
    figures = {"on_hand": model.on_hand(sku, place), "unavailable": row.unavailable, "safety_stock": safety}
    figures |= {"allocated": len(given), "picked": picked, "backordered": len(waits), "on_order": on_order}
    figures |= {"free": max(0, spare - safety), "shortfall": max(0, -spare), "held": 0, "in_transit": 0}
    return figures | {"available_to_promise": spare - safety - len(waits)}


def availability(model, sku):
    """The state, and how many units an order could still claim; null without limit."""
    free, room, item = model.free(sku, model.usable(sku, None)), model.room(sku), model.item(sku)
    without = "discontinued" if item["discontinued"] else "backorder" if room else "out_of_stock"
    has_limit = not room or item["backorder_cap"] is not None
    return "in_stock" if free else without, free + room if has_limit else None
