"""The naive model's promises: walk the whole queue against all that is to come, after every event."""

from copy import deepcopy
from datetime import timedelta
from types import SimpleNamespace as Thing

from tests.support.naive_goods import EVER
from tests.support.naive_rejection import check

HERE_NOW = EVER
"""The date of units that are there already."""


class NaivePromises:
    """Needs what `NaiveModel` has, and `last`: when the last event happened."""

    # --- shipping notices -----------------------------------------------------------------------------------

    def shipment_announced(self, event):
        purchase = self.purchases.get(event.purchase_order_id)
        check(purchase, "unknown_purchase")
        check(all(spec.line in purchase.lines for spec in event.lines), "unknown_line")
        named = {spec.line: spec.quantity for spec in event.lines}
        for number, bought in purchase.lines.items():
            known = bought.notices.pop(event.notice_id, None)
            if known or number in named:
                came = known.came if known else 0
                left = min(bought.open, max(0, named.get(number, 0) - came))
                others = sorted(bought.notices.items(), key=lambda item: (item[1].at, item[0]))
                over = left + sum(notice.units - notice.came for _, notice in others) - bought.open
                for name, notice in reversed(others):
                    cut = max(0, min(over, notice.units - notice.came))
                    notice.units, over = notice.units - cut, over - cut
                    if not notice.units:
                        del bought.notices[name]
                if came + left:
                    bought.notices[event.notice_id] = Thing(
                        at=event.expected_at, units=came + left, came=came
                    )
                self.redate(bought)

    def arrive(self, bought, units):
        """So many units of a purchase line came: those of the earliest notices first."""
        for _, notice in sorted(bought.notices.items(), key=lambda item: (item[1].at, item[0])):
            came = min(units, notice.units - notice.came)
            notice.came, units = notice.came + came, units - came

    def parts(self, bought):
        left, parts = bought.open, []
        for _, notice in sorted(bought.notices.items(), key=lambda item: (item[1].at, item[0])):
            units = min(left, notice.units - notice.came)
            left, parts = left - units, parts + [(notice.at, units)] * (units > 0)
        return parts + [(bought.due, left)] * (left > 0 and bought.due is not None)

    def redate(self, bought):
        """What should have come already is overdue from the start."""
        past = [at for at, _ in self.parts(bought) if at <= max(self.now, self.clock)]
        bought.overdue = max([bought.overdue, *past])

    def underway(self, transfer):
        """What of a transfer has a date that has not passed."""
        return [part for part in transfer.sent if part.left and part.due and part.due > part.overdue]

    def redate_transfer(self, transfer):
        for part in self.underway(transfer):
            if part.due <= max(self.now, self.clock):
                part.overdue = part.due

    # --- the walk -------------------------------------------------------------------------------------------

    def lots(self, sku):
        lots = []
        for name, purchase in self.purchases.items():
            for number, bought in purchase.lines.items():
                peg = bought.peg and (bought.peg.order_id, bought.peg.line)
                for part, (at, units) in enumerate(self.parts(bought)):
                    if bought.sku == sku and at > bought.overdue:
                        order = (at, "on order", name, number, part)
                        lots.append(
                            Thing(at=at, order=order, place=bought.place, units=units, peg=peg, used=0)
                        )
        for (name, of), transfer in self.transfers.items():
            for sent in self.underway(transfer) if of == sku else ():
                order = (sent.due, "in transit", name, sent.part)
                facts = {"at": sent.due, "place": sent.place, "units": sent.left}
                lots.append(Thing(order=order, peg=None, used=0, **facts))
        return sorted(lots, key=lambda lot: lot.order)

    def own_lots(self, line, sku):
        return [
            lot
            for lot in self.lots(sku)
            if lot.peg == (line.order, line.line) and lot.place in self.usable(line)
        ]

    def for_the_queue(self, lot):
        """What the line that a lot is pegged to does not need of it."""
        line = next((line for line in self.lines if (line.order, line.line) == lot.peg), None)
        if line is None or lot.peg in self.desk.unpegged:
            return lot.units
        need = self.waiting(line) * line.parts.get(self.desk.sku, 0)
        for own in self.own_lots(line, self.desk.sku):
            if own.order == lot.order:
                return max(0, lot.units - max(0, need))
            need -= own.units
        return lot.units

    def next_at(self, place):
        """Date and lot of the next unit at a place; the walk does not turn back to what it has passed."""
        if self.desk.free.get(place, 0):
            return HERE_NOW, None
        for lot in self.desk.lots:
            if lot.place == place and not lot.passed:
                if self.for_the_queue(lot) > lot.used:
                    return lot.at, lot
                lot.passed = True
        return None

    def hand_out(self, claim_line, units):
        """The date of the last of so many units for a line; None if there are too few."""
        before = deepcopy(self.desk)
        at = HERE_NOW
        while units:
            nexts = [(place, self.next_at(place)) for place in self.usable(claim_line)]
            dated = [(found[0], place, found[1]) for place, found in nexts if found]
            if not dated:
                if not self.item(claim_line.sku)["allow_partial"]:
                    self.desk = before
                return None
            date = min(date for date, _, _ in dated)
            _, place, lot = next(each for each in dated if each[0] == date)
            left = self.desk.free[place] if lot is None else self.for_the_queue(lot) - lot.used
            taken = min(units, left)
            if lot is None:
                self.desk.free[place] -= taken
            else:
                lot.used += taken
            units, at = units - taken, max(at, date)
        return at

    def date_of(self, line, units):
        own, rest = None, units
        for lot in self.own_lots(line, self.desk.sku):
            if rest:
                rest, own = rest - min(rest, lot.units), lot.at
        if own is None:
            return self.hand_out(line, units)
        before = deepcopy(self.desk)
        if rest:
            found = self.hand_out(line, rest)
            own = None if found is None else max(own, found)
        with_own, self.desk = self.desk, before
        without = self.hand_out(line, units)
        if without is not None and (own is None or without < own):
            self.desk.unpegged.append((line.order, line.line))
            return without
        self.desk = with_own
        return own

    def walk(self, sku):
        """Line to date, for every line that waits; what is left over stays on the desk."""
        lots = self.lots(sku)
        for lot in lots:
            lot.passed = False
        free = {place: self.free(sku, place) for place in {p for of, p in self.stock if of == sku}}
        self.desk = Thing(sku=sku, lots=lots, free=free, unpegged=[])
        dates, begun = {}, {}
        for line in [line for line in self.lines if sku in line.parts and self.beyond(line)]:
            own, wanted = self.own_lots(line, sku), self.waiting(line) * line.parts[sku]
            units = [sum(lot.units for lot in own[: n + 1]) for n in range(len(own))]
            full = [lot.at for lot, total in zip(own, units, strict=True) if total >= wanted]
            dates[line.order, line.line] = full[0] if full else None
        for claim in [claim for claim in self.queue(sku) if claim.waits and not self.beyond(claim.line)]:
            line, several = claim.line, sum(c.waits > 0 for c in self.of(claim.line)) > 1
            key, pegged = (line.order, line.line), self.own_lots(line, sku)
            if key in begun and pegged:
                continue
            waits = self.waiting(line) if several and pegged else claim.waits
            date = self.date_of(line, waits * line.parts[sku])
            parts = [begun[key], date] if key in begun else [date]
            begun[key] = dates[key] = None if None in parts else max(parts)
        return dates

    # --- the promises ---------------------------------------------------------------------------------------

    def promise(self):
        waiting = [line for line in self.lines if self.waiting(line)]
        walks = {sku: self.walk(sku) for sku in sorted({sku for line in waiting for sku in line.parts})}
        for line in waiting:
            dates = [walks[sku][line.order, line.line] for sku in line.parts]
            date = None if None in dates else max(dates)
            line.is_here = date == HERE_NOW
            self.promise_line(line, None if line.is_here else date)

    def end_promise(self, line):
        """Once nothing waits, what waits again has lost what it had."""
        if not self.waiting(line):
            line.promise = Thing(at=None, by="ended", since=None)

    def lead(self, line):
        item = self.item(line.sku)
        return item["lead"].get(line.location, item["lead"].get(None))

    def promise_line(self, line, date, slipped=False):
        days, gone = self.lead(line), self.item(line.sku)["discontinued"]
        lacks = not (line.is_here and self.orders[line.order].ship == "complete")
        if date is None and lacks and not line.promise and not gone and days is None:
            return
        old = line.promise or Thing(at=None, by="nothing", since=None)
        new = Thing(at=date, by="supply", since=self.now if slipped else old.since)
        if date is None:
            new.by = "nothing"
            if old.by in ("supply", "ended"):
                new.since = self.now
            if days and not gone:
                new.by, new.at = "lead", (new.since or line.opened) + timedelta(days=days)
                if new.at <= self.now and (old.by, old.at) != ("lead", new.at):
                    new.since, new.at = self.now, self.now + timedelta(days=days)
        line.promise = new
        if date is None and gone and lacks and not line.told_gone:
            line.told_gone = True
            self.notify(line, "discontinued", self.waiting(line))

    def promised(self, line):
        """Of an order that ships complete: when the last of what it lacks is there."""
        order = self.orders[line.order]
        lines = [line] if order.ship != "complete" else order.lines.values()
        waiting = [line for line in lines if self.waiting(line)] if self.waiting(line) else []
        lacking = [line for line in waiting if not line.is_here] or waiting
        dates = [line.promise and line.promise.at for line in lacking]
        return max(dates) if dates and None not in dates else None

    def expected(self, sku):
        """When the next unit arrives that nobody is promised."""
        if self.item(sku)["components"]:
            return self.kit_expected(sku)
        self.walk(sku)
        self.desk.free = {}
        return min((found[0] for place in self.places(sku) if (found := self.next_at(place))), default=None)

    # --- notices --------------------------------------------------------------------------------------------

    def notify(self, line, kind, units):
        self.notices[line.order, line.line, kind, units] += 1

    def begin_step(self):
        self.stood = {
            (line.order, line.line): (self.waiting(line), self.promised(line)) for line in self.lines
        }
        for line in self.lines:
            line.covered = 0

    def end_step(self):
        for line in self.lines:
            waited, promised = self.stood.get((line.order, line.line), (0, None))
            waits, now_promised = self.waiting(line), self.promised(line)
            if line.covered and waited:
                self.notify(line, "partly_filled" if waits else "back_in_stock", line.covered)
            if waits and not waited:
                line.still = self.now + self.patience
                self.notify(line, "waiting", waits)
            elif waits and promised != now_promised:
                self.notify(line, "promise_changed" if promised else "promise_set", waits)

    # --- the clock ------------------------------------------------------------------------------------------

    def promise_dues(self):
        for line in self.lines:
            if line.promise and line.promise.by == "lead" and self.waiting(line):
                yield line.promise.at, "lead_time", (line.order, line.line), self.slip_lead_time, line
            if self.waiting(line):
                yield line.still, "still_waiting", (line.order, line.line), self.tell_again, line
        for name, purchase in self.purchases.items():
            for number, bought in purchase.lines.items():
                dates = [at for at, _ in self.parts(bought) if at > bought.overdue]
                yield min(dates, default=None), "supply", (name, number), self.slip, bought
        for key, transfer in self.transfers.items():
            dates = [part.due for part in self.underway(transfer)]
            yield min(dates, default=None), "transit", key, self.redate_transfer, transfer

    def slip_lead_time(self, line):
        line.promise.since = self.now
        self.promise_line(line, None, slipped=True)

    def tell_again(self, line):
        line.still = None
        self.notify(line, "still_waiting", self.waiting(line))

    def slip(self, bought):
        bought.overdue = min(at for at, _ in self.parts(bought) if at > bought.overdue)
        self.redate(bought)
