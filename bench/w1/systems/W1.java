// W1 on Kafka Streams: exactly_once_v2, one thread, state in memory with changelogs.
//
//     java -cp ... W1 BOOTSTRAP INPUT PREFIX FOLDER
//
// Two stores, as our engine has two kinds of records: the units of each SKU with the number of its waiting
// lines, and the waiting lines, ordered by SKU and place. Both are cached, so that the changelog gets the last
// value of a key once per commit. Order ids ascend, so a line's place is its order. JSON is read by Jackson's
// streaming parser and written by hand, the cheapest way there is; the messages are bytes for Kafka Streams.

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public final class W1 {
    private static final JsonFactory JSON = new JsonFactory();

    public static void main(String[] arguments) throws InterruptedException {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[2] + "streams");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[3]);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5000);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 1024 * 1024);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 20);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64 * 1024 * 1024L);

        Topology topology = new Topology();
        topology.addSource(
                "commands", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), arguments[1]);
        topology.addProcessor("stock", StockKeeper::new, "commands");
        for (String store : new String[] {"units", "lines"}) {
            topology.addStateStore(
                    Stores.keyValueStoreBuilder(
                                    Stores.inMemoryKeyValueStore(store), Serdes.String(), Serdes.ByteArray())
                            .withCachingEnabled(),
                    "stock");
        }
        topology.addSink(
                "out",
                arguments[2] + "out",
                Serdes.ByteArray().serializer(),
                Serdes.ByteArray().serializer(),
                "stock");

        KafkaStreams streams = new KafkaStreams(topology, settings);
        CountDownLatch ended = new CountDownLatch(1);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.ERROR) {
                System.exit(1);
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close();
            ended.countDown();
        }));
        streams.start();
        ended.await();
    }

    /** Folds the commands. */
    private static final class StockKeeper implements Processor<byte[], byte[], byte[], byte[]> {
        private ProcessorContext<byte[], byte[]> context;
        private KeyValueStore<String, byte[]> units;
        private KeyValueStore<String, byte[]> lines;
        private long timestamp;

        @Override
        public void init(ProcessorContext<byte[], byte[]> given) {
            context = given;
            units = given.getStateStore("units");
            lines = given.getStateStore("lines");
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            timestamp = record.timestamp();
            Command command = Command.read(record.value());
            byte[] stored = units.get(command.sku);
            int onHand = stored == null ? 0 : ByteBuffer.wrap(stored).getInt();
            int waiting = stored == null ? 0 : ByteBuffer.wrap(stored).getInt(4);
            switch (command.type) {
                case "order_line":
                    if (waiting == 0 && onHand >= command.quantity) {
                        keep(command.sku, onHand - command.quantity, 0);
                        say("allocated", command.order, command.sku, command.quantity);
                    } else {
                        lines.put(place(command.sku, command.order), encoded(command.quantity));
                        keep(command.sku, onHand, waiting + 1);
                        say("waiting", command.order, command.sku, command.quantity);
                    }
                    break;
                case "receipt":
                    receive(command, onHand + command.quantity, waiting);
                    break;
                default:
                    byte[] line = waiting == 0 ? null : lines.delete(place(command.sku, command.order));
                    if (line != null) {
                        keep(command.sku, onHand, waiting - 1);
                        say("cancelled", command.order, command.sku, ByteBuffer.wrap(line).getInt());
                    }
            }
        }

        private void receive(Command command, int free, int waiting) {
            int onHand = free;
            List<String> filled = new ArrayList<>();
            if (waiting > 0) {
                try (KeyValueIterator<String, byte[]> queue =
                        lines.range(command.sku + " ", command.sku + "!")) {
                    while (queue.hasNext()) {
                        KeyValue<String, byte[]> line = queue.next();
                        int quantity = ByteBuffer.wrap(line.value).getInt();
                        if (quantity > onHand) {
                            break;
                        }
                        onHand -= quantity;
                        filled.add(line.key);
                        String order = line.key.substring(command.sku.length() + 1);
                        say("filled", order, command.sku, quantity);
                    }
                }
                filled.forEach(lines::delete);
            }
            keep(command.sku, onHand, waiting - filled.size());
        }

        private void keep(String sku, int onHand, int waiting) {
            units.put(sku, ByteBuffer.allocate(8).putInt(onHand).putInt(waiting).array());
        }

        private void say(String type, String order, String sku, int quantity) {
            String json = "{\"type\":\"" + type + "\",\"order_id\":\"" + order + "\",\"sku\":\"" + sku
                    + "\",\"quantity\":" + quantity + "}";
            context.forward(new Record<>(utf8(order), utf8(json), timestamp));
        }

        private static String place(String sku, String order) {
            return sku + " " + order;
        }

        private static byte[] encoded(int quantity) {
            return ByteBuffer.allocate(4).putInt(quantity).array();
        }

        private static byte[] utf8(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** One message of the input. */
    private static final class Command {
        String type;
        String sku;
        String order;
        int quantity;

        static Command read(byte[] value) {
            Command command = new Command();
            try (JsonParser parser = JSON.createParser(value)) {
                parser.nextToken();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    switch (name) {
                        case "type" -> command.type = parser.getText();
                        case "sku" -> command.sku = parser.getText();
                        case "order_id" -> command.order = parser.getText();
                        case "quantity" -> command.quantity = parser.getIntValue();
                        default -> parser.skipChildren();
                    }
                }
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
            return command;
        }
    }
}
