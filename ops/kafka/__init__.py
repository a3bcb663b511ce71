"""What the real Apache Kafka of the maven tier is made of: its jars (pom.xml) and its logging (log4j2.xml)."""
