"""The ceiling: what librdkafka's transactions cost from Python when nothing is done with a record.

    python -m bench.w1.systems.passthrough BOOTSTRAP INPUT PREFIX

Each record goes out as it came, unread; batches, settings and calls are those of our engine.
"""

import signal
import sys

from confluent_kafka import TopicPartition

from backorder.engine import kafka
from backorder.engine.config import EngineSettings, KafkaSettings

BATCH = EngineSettings().loop.batch_records
CALL_SECONDS = 30.0


def main(bootstrap: str, input_topic: str, prefix: str) -> None:
    settings = EngineSettings(kafka=KafkaSettings(bootstrap_servers=bootstrap), prefix=prefix)
    config = kafka.consumer_config(settings, "passthrough") | {"auto.offset.reset": "earliest"}
    consumer = kafka.consumer(config)
    producer = kafka.producer(kafka.producer_config(settings, "passthrough"))
    producer.init_transactions(CALL_SECONDS)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    consumer.subscribe([input_topic])
    out, produce = prefix + "out", producer.produce
    while not stopping:
        messages = consumer.consume(1, 0.1)
        if not messages:
            continue
        messages += consumer.consume(BATCH - 1, 0.02)
        producer.begin_transaction()
        ends = {}
        for message in messages:
            while True:
                try:
                    produce(out, message.value(), message.key())
                    break
                except BufferError:
                    producer.poll(0.05)
            ends[message.partition()] = message.offset() + 1
        offsets = [TopicPartition(input_topic, number, end) for number, end in ends.items()]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), CALL_SECONDS)
        producer.commit_transaction(CALL_SECONDS)
    consumer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
