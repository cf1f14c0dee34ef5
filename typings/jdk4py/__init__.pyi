from pathlib import Path

JAVA_HOME: Path
JAVA: Path
JAVA_VERSION: tuple[int, int, int]
