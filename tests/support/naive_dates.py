"""The naive model's dates: what falls due, and payments, which live by them."""

from datetime import timedelta
from types import SimpleNamespace as Thing


class NaiveDates:
    """Needs the lists and dicts of `NaiveModel`, and what it does to move units."""

    def dues(self):
        for key, date in self.not_yet.items():
            yield date, "horizon", key, self.come_within, self.orders[key[0]].lines[key[1]]
        for key, hold in self.holds.items():
            yield None if hold.closed else hold.ends, "hold", (key,), self.end_hold, hold
        for line in self.lines:
            yield line.cancel_after, "cancel_after", (line.order, line.line), self.cancel_waiting, line
        for name, order in self.orders.items():
            expires = order.expires if order.payment == "authorized" else None
            yield order.patience, "patience", (name,), self.lose_patience, order
            yield order.ask_at, "payment_ending", (name,), self.near_the_end, order
            yield expires, "payment_expires", (name,), self.expire, order
            yield order.pay_until, "payment_grace", (name,), self.end_grace, order
        yield from self.promise_dues()

    def fall_due(self, before=None):
        """What is due by the clock, which stood at `before`, one after the other."""
        before = before or self.clock
        dates = {
            (line.order, line.line): self.comes_within(line) for line in self.lines if self.waiting(line)
        }
        self.not_yet = {key: date for key, date in dates.items() if date and before < date <= self.clock}
        while due := [due for due in self.dues() if due[0] is not None and due[0] <= self.clock]:
            at, _, _, act, thing = min(due, key=lambda due: due[:3])
            now, self.now = self.last, max(at, self.last)
            self.begin()
            self.begin_step()
            if act(thing) is not False:
                now = self.now
                self.settle()
                self.suggest()
                self.end()
                self.promise()
                self.end_step()
            self.last = now

    def come_within(self, line):
        del self.not_yet[line.order, line.line]
        return bool(self.waiting(line))

    def cancel_waiting(self, line):
        line.cancel_after = None
        self.cancel(line, self.waiting(line))

    def lose_patience(self, order):
        order.keeps, order.patience = True, None

    # --- payments ------------------------------------------------------------------------------------------

    def set_payment(self, order, payment):
        order.payment, order.expires = payment and payment.status, payment and payment.expires_at
        order.asked, order.ask_at, order.pay_until, order.lapsed = False, None, None, False
        if order.payment == "authorized" and order.expires and order.expires <= self.now:
            order.payment = "expired"

    def order_payment_changed(self, event):
        order = self.order(event, closed_too=False)
        self.set_payment(order, Thing(status=event.status, expires_at=event.expires_at))
        if order.payment == "failed":
            self.lapse(order)
        elif order.payment != "authorized":
            self.recall(order)

    def look_after_payments(self):
        for order in [o for o in self.orders.values() if o.payment not in (None, "failed")]:
            for_ever = order.payment == "authorized" and order.expires is None
            if not (order.asked or order.ask_at or for_ever) and self.assigned(order):
                lead = timedelta(days=self.policy(order, "ship_lead_days"))
                ask_at = order.expires and order.expires - lead
                if order.payment == "authorized" and ask_at > self.now:
                    order.ask_at = ask_at
                else:
                    self.ask(order)

    def assigned(self, order):
        return any(self.allocated(line) for line in order.lines.values())

    def policy(self, order, name):
        return min(self.item(line.sku)[name] for line in order.lines.values() if self.open(line))

    def ask(self, order):
        order.asked, order.ask_at = True, None
        order.pay_until = self.now + timedelta(days=self.policy(order, "payment_grace_days"))

    def near_the_end(self, order):
        order.ask_at = None
        if self.assigned(order):
            self.ask(order)

    def expire(self, order):
        order.payment = "expired"
        self.recall(order)

    def end_grace(self, order):
        if order.payment == "authorized":
            order.pay_until = order.expires
        else:
            order.pay_until = None
            self.lapse(order)

    def lapse(self, order):
        order.lapsed = True
        self.give_away(order)
