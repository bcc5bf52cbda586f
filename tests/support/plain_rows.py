"""The rows of a `PlainModel`, counted off its list of units."""


def line_row(model, line):
    """`position` is that of the first claim which waits: who may use one of its places and stands before it."""
    has, waits, shipped = (len(model.of(line, state)) for state in ("given", "waits", "shipped"))
    refused, cancelled = len(model.of(line, "refused")), len(model.of(line, "cancelled"))
    if not has + waits:
        status = "shipped" if shipped else "cancelled" if cancelled else "refused"
    elif shipped:
        status = "part_shipped"
    else:
        status = "released" if not waits else "part_allocated" if has else "waiting"
    order = model.orders[line.order]
    return {
        "sku": line.sku,
        "location": line.location,
        "ordered": has + waits + shipped + cancelled + refused,
        "allocated": has,
        "allocations": dict(model.given(line)),
        "backordered": waits,
        "released": has,
        "picked": line.picked.total(),
        "shipped": shipped,
        "cancelled": cancelled + refused,
        "status": status,
        "priority": line.priority or order.priority,
        "required_by": line.required_by or order.required_by,
        "accepted_at": line.at,
        "opened_at": line.opened if waits else None,
        "waits_for": "stock" if waits else None,
        "position": position(model, line) if waits else None,
    }


def position(model, line):
    first = model.of(line, "waits")[0]
    ahead = [claim for claim in model.claims(model.units(line.sku, "waits")) if model.place(claim[0]) < model.place(first)]
    mine = set(model.usable(line.sku, line.location))
    rivals = [claim[0].line.location for claim in ahead]
    return 1 + sum(place == line.location or bool(mine & set(model.usable(line.sku, place))) for place in rivals)


def stock_row(model, sku, place):
    row, given = model.stock[sku, place], [u for u in model.units(sku, "given") if u.place == place]
    waits = [unit for unit in model.units(sku, "waits") if unit.line.location == place]
    bought = [line for lines in model.bought.values() for line in lines.values()]
    spare, safety = model.spare(sku, place), model.safety(sku, place)
    return {
        "on_hand": row.on_hand,
        "unavailable": row.unavailable,
        "safety_stock": safety,
        "allocated": len(given),
        "picked": sum(line.picked[place] for line in model.lines if line.sku == sku),
        "free": max(0, spare - safety),
        "shortfall": max(0, -spare),
        "backordered": len(waits),
        "on_order": sum(line.open for line in bought if (line.sku, line.place) == (sku, place)),
        "available_to_promise": spare - safety - len(waits),
        "held": 0,
        "in_transit": 0,
    }


def availability(model, sku):
    """The state, and how many units an order could still claim; null without limit."""
    free, room, item = model.free(sku, model.usable(sku, None)), model.room(sku), model.items[sku]
    without = "discontinued" if item["discontinued"] else "backorder" if room else "out_of_stock"
    no_limit = room and item["backorder_cap"] is None
    return "in_stock" if free else without, None if no_limit else free + room
