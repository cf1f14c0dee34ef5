"""The shape of Spark 4's event lines: names of fields in the order in which Spark writes them."""

from collections.abc import Mapping

__all__ = ["EXECUTOR_METRICS", "INTERNAL_METRICS", "SHUFFLE_READ_KEYS", "Measures", "accumulable", "task_metrics"]

Json = dict[str, object]
Measures = Mapping[str, int]
"""What one task measured, by the keys of INTERNAL_METRICS; what is absent is 0."""

EXECUTOR_METRICS = (
    "JVMHeapMemory", "JVMOffHeapMemory", "OnHeapExecutionMemory", "OffHeapExecutionMemory", "OnHeapStorageMemory",
    "OffHeapStorageMemory", "OnHeapUnifiedMemory", "OffHeapUnifiedMemory", "DirectPoolMemory", "MappedPoolMemory",
    "ProcessTreeJVMVMemory", "ProcessTreeJVMRSSMemory", "ProcessTreePythonVMemory", "ProcessTreePythonRSSMemory",
    "ProcessTreeOtherVMemory", "ProcessTreeOtherRSSMemory", "MinorGCCount", "MinorGCTime", "MajorGCCount",
    "MajorGCTime", "TotalGCTime", "ConcurrentGCCount", "ConcurrentGCTime",
)  # fmt: skip
"""Keys of `Task Executor Metrics`."""

_PUSHED = "shuffle.push.read."
INTERNAL_METRICS = {
    "deserialise_ms": "executorDeserializeTime",
    "deserialise_cpu_ns": "executorDeserializeCpuTime",
    "run_ms": "executorRunTime",
    "cpu_ns": "executorCpuTime",
    "result_bytes": "resultSize",
    "gc_ms": "jvmGCTime",
    "serialise_ms": "resultSerializationTime",
    "memory_spilled_bytes": "memoryBytesSpilled",
    "disk_spilled_bytes": "diskBytesSpilled",
    "peak_bytes": "peakExecutionMemory",
    "peak_on_heap_bytes": "peakOnHeapExecutionMemory",
    "remote_blocks": "shuffle.read.remoteBlocksFetched",
    "local_blocks": "shuffle.read.localBlocksFetched",
    "remote_bytes": "shuffle.read.remoteBytesRead",
    "remote_bytes_to_disk": "shuffle.read.remoteBytesReadToDisk",
    "local_bytes": "shuffle.read.localBytesRead",
    "fetch_wait_ms": "shuffle.read.fetchWaitTime",
    "rows_fetched": "shuffle.read.recordsRead",
    "corrupt_chunks": f"{_PUSHED}corruptMergedBlockChunks",
    "fallbacks": f"{_PUSHED}mergedFetchFallbackCount",
    "merged_remote_blocks": f"{_PUSHED}remoteMergedBlocksFetched",
    "merged_local_blocks": f"{_PUSHED}localMergedBlocksFetched",
    "merged_remote_chunks": f"{_PUSHED}remoteMergedChunksFetched",
    "merged_local_chunks": f"{_PUSHED}localMergedChunksFetched",
    "merged_remote_bytes": f"{_PUSHED}remoteMergedBytesRead",
    "merged_local_bytes": f"{_PUSHED}localMergedBytesRead",
    "request_ms": "shuffle.read.remoteReqsDuration",
    "merged_request_ms": f"{_PUSHED}remoteMergedReqsDuration",
    "shuffled_bytes": "shuffle.write.bytesWritten",
    "shuffled_rows": "shuffle.write.recordsWritten",
    "shuffle_write_ns": "shuffle.write.writeTime",
    "read_bytes": "input.bytesRead",
    "read_rows": "input.recordsRead",
    "written_bytes": "output.bytesWritten",
    "written_rows": "output.recordsWritten",
}
"""Measures by their names as accumulables, after `internal.metrics.`; ids of a stage follow this order."""

_FIRST_READ = list(INTERNAL_METRICS).index("remote_blocks")
_LAST_READ = list(INTERNAL_METRICS).index("merged_request_ms")
SHUFFLE_READ_KEYS = frozenset(list(INTERNAL_METRICS)[_FIRST_READ : _LAST_READ + 1])
"""Tasks that read a shuffle log these even where they are 0; other measures that are 0 are left out."""


def accumulable(accumulator_id: int, name: str, update: int, value: int, *, is_sql: bool = False) -> Json:
    """One accumulable of a task end; those of SQL operators have their numbers as text."""
    counted: Json = {"Internal": True, "Count Failed Values": True}
    if is_sql:
        return {"ID": accumulator_id, "Name": name, "Update": str(update), "Value": str(value)} | counted | {
            "Metadata": "sql"
        }  # fmt: skip
    return {"ID": accumulator_id, "Name": name, "Update": update, "Value": value, **counted}


def task_metrics(measures: Measures) -> Json:
    """The `Task Metrics` of a task end.

    >>> list(task_metrics({"run_ms": 7}))[:3], task_metrics({"run_ms": 7})["Executor Run Time"]
    (['Executor Deserialize Time', 'Executor Deserialize CPU Time', 'Executor Run Time'], 7)
    """

    def of(**keys: str) -> Json:
        return {name.replace("_", " "): measures.get(key, 0) for name, key in keys.items()}

    pushed = of(
        Corrupt_Merged_Block_Chunks="corrupt_chunks",
        Merged_Fetch_Fallback_Count="fallbacks",
        Merged_Remote_Blocks_Fetched="merged_remote_blocks",
        Merged_Local_Blocks_Fetched="merged_local_blocks",
        Merged_Remote_Chunks_Fetched="merged_remote_chunks",
        Merged_Local_Chunks_Fetched="merged_local_chunks",
        Merged_Remote_Bytes_Read="merged_remote_bytes",
        Merged_Local_Bytes_Read="merged_local_bytes",
        Merged_Remote_Requests_Duration="merged_request_ms",
    )
    fetched = of(
        Remote_Blocks_Fetched="remote_blocks",
        Local_Blocks_Fetched="local_blocks",
        Fetch_Wait_Time="fetch_wait_ms",
        Remote_Bytes_Read="remote_bytes",
        Remote_Bytes_Read_To_Disk="remote_bytes_to_disk",
        Local_Bytes_Read="local_bytes",
        Total_Records_Read="rows_fetched",
        Remote_Requests_Duration="request_ms",
    )
    own = of(
        Executor_Deserialize_Time="deserialise_ms",
        Executor_Deserialize_CPU_Time="deserialise_cpu_ns",
        Executor_Run_Time="run_ms",
        Executor_CPU_Time="cpu_ns",
        Peak_Execution_Memory="peak_bytes",
        Peak_On_Heap_Execution_Memory="peak_on_heap_bytes",
        Peak_Off_Heap_Execution_Memory="peak_off_heap_bytes",
        Result_Size="result_bytes",
        JVM_GC_Time="gc_ms",
        Result_Serialization_Time="serialise_ms",
        Memory_Bytes_Spilled="memory_spilled_bytes",
        Disk_Bytes_Spilled="disk_spilled_bytes",
    )
    return {
        **own,
        "Shuffle Read Metrics": {**fetched, "Push Based Shuffle": pushed},
        "Shuffle Write Metrics": of(
            Shuffle_Bytes_Written="shuffled_bytes",
            Shuffle_Write_Time="shuffle_write_ns",
            Shuffle_Records_Written="shuffled_rows",
        ),
        "Input Metrics": of(Bytes_Read="read_bytes", Records_Read="read_rows"),
        "Output Metrics": of(Bytes_Written="written_bytes", Records_Written="written_rows"),
        "Updated Blocks": [],
    }
