"""What is special about each platform's own JSON."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.core.rented import EMR_FLEETS, EMR_GROUPS, JOB, SINGLE_JOB, book

from setpoint.core.cloud_space import cloud_space
from setpoint.core.configurations import PRODUCTS, ask_for, basis_of, product_of, reported_cluster, reported_run
from setpoint.core.configurations.asked import Reported
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import Missing
from setpoint.core.space import specs
from setpoint.errors import InputError
from setpoint.testing.cloud_reports import PushedLife, databricks_report, emr_report, merged

LIFE = PushedLife(datetime(2026, 1, 1, tzinfo=UTC), 1800.0)


def databricks(change: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return databricks_report({**JOB, **(change or {})}, LIFE) | top


def emr(**change: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return emr_report(EMR_FLEETS | change, LIFE)


def reported(report: dict[str, Any], code: str = "aws-databricks") -> Reported:
    found = reported_cluster(report, code, book())
    assert isinstance(found, Reported)
    return found


def defaults(**properties: str) -> list[dict[str, Any]]:
    names = {key.replace("_", "."): value for key, value in properties.items()}
    return [{"Classification": "spark-defaults", "Properties": names}]


class TestDatabricks:
    """The partial cluster."""

    def test_photon_in_the_version_is_said_by_the_engine(self) -> None:
        change = {"spark_version": "12.2.x-photon-scala2.12", "runtime_engine": None}
        found = ask_for(reported(databricks(change)).spec, databricks(change), "aws-databricks")
        assert (found["spark_version"], found["runtime_engine"]) == ("12.2.x-scala2.12", "PHOTON")

    def test_a_single_node_stays_one(self) -> None:
        report = databricks_report(SINGLE_JOB, LIFE)
        spec = reported(report).spec
        assert (spec.workers, spec.slots, spec.shuffle_partitions) == (0, 16, 64)
        found = merged(SINGLE_JOB, ask_for(spec, report, "aws-databricks"))
        assert (found["num_workers"], found["spark_conf"]) == (0, SINGLE_JOB["spark_conf"])

    def test_volumes_for_machines_without_disks_come_back_from_the_report(self) -> None:
        change = {"node_type_id": "i3.2xlarge", "aws_attributes": {"availability": "ON_DEMAND", "ebs_volume_count": 0}}
        now = reported(databricks(change)).spec
        bare = [each for each in specs(cloud_space(now, book()), now) if each.cloud and each.cloud.cluster.disks]
        assert bare
        for spec in (bare[0], bare[-1]):
            again = merged({**JOB, **change}, ask_for(spec, databricks(change), "aws-databricks"))
            assert reported(databricks_report(again, LIFE)).spec == spec

    def test_a_range_stays_a_range(self) -> None:
        change = {"num_workers": None, "autoscale": {"min_workers": 2, "max_workers": 10}}
        spec = reported(databricks(change)).spec
        assert "2–10" in str(spec)
        found = ask_for(spec.with_size(40, 1), databricks(change), "aws-databricks")
        assert found["autoscale"] == {"min_workers": 1, "max_workers": 5}
        assert "num_workers" not in found

    def test_a_range_without_an_end_is_refused(self) -> None:
        with pytest.raises(InputError, match="max_workers"):
            reported(databricks_report({**JOB, "autoscale": {"min_workers": 2, "max_workers": 3}}, LIFE) | {
                "cluster": {**databricks()["cluster"], "autoscale": {"min_workers": 2}}
            })  # fmt: skip

    def test_a_cluster_without_a_size_is_refused(self) -> None:
        report = databricks()
        del report["cluster"]["num_workers"]
        with pytest.raises(InputError, match="num_workers"):
            reported(report)

    def test_a_bare_cluster_will_do(self) -> None:
        bare = {key: value for key, value in databricks()["cluster"].items() if key != "cluster_source"}
        assert reported(bare).spec.slots == 64

    @pytest.mark.parametrize("envelope", ["cluster_report", "configs", "result"])
    def test_it_comes_in_envelopes(self, envelope: str) -> None:
        assert reported({envelope: databricks()}).spec == reported(databricks()).spec

    def test_a_task_that_failed_or_was_cancelled(self) -> None:
        def of(*results: str) -> Reported:
            tasks = [{"task_key": str(at), "state": {"result_state": it}} for at, it in enumerate(results)]
            return reported(databricks(tasks=tasks))

        assert of("SUCCESS").failure is None
        assert of("SUCCESS", "FAILED").failure == "The task 1 failed."
        assert of("SUCCESS", "CANCELED").was_stopped
        assert not of("FAILED", "CANCELED").was_stopped

    def test_a_pool_says_that_its_machines_are_not_known(self) -> None:
        found = reported_cluster(
            databricks({"node_type_id": None, "instance_pool_id": "p-1"}), "aws-databricks", book()
        )
        assert isinstance(found, Missing)
        assert "pool p-1" in found.reason

    def test_a_spec_that_rents_nothing_asks_for_nothing(self) -> None:
        assert ask_for(ClusterSpec.local(4, 4096), databricks(), "aws-databricks") == {}


class TestEmr:
    """The whole job flow."""

    def test_executors_are_those_of_the_report(self) -> None:
        told = defaults(
            spark_executor_cores="4",
            spark_executor_memory="8g",
            spark_executor_instances="12",
            spark_dynamicAllocation_enabled="false",
        )
        spec = reported(emr(Configurations=told), "aws-emr").spec
        assert (spec.workers, spec.worker_cores, spec.worker_memory_mib) == (12, 4, 8192)

    def test_where_spark_decides_as_many_as_fit_are_taken(self) -> None:
        told = defaults(spark_executor_cores="4", spark_executor_memory="8g", spark_executor_instances="3")
        assert reported(emr(Configurations=told), "aws-emr").spec.workers == 16

    @pytest.mark.parametrize(
        "told", [defaults(spark_executor_cores="99", spark_executor_memory="8g"), defaults(spark_executor_cores="4"),
                 defaults(spark_executor_cores="x", spark_executor_memory="much")]
    )  # fmt: skip
    def test_what_cannot_be_is_sized_anew(self, told: list[dict[str, Any]]) -> None:
        assert reported(emr(Configurations=told), "aws-emr").spec == reported(emr(), "aws-emr").spec

    def test_what_would_size_executors_once_more_is_left_out(self) -> None:
        own = [
            {"Classification": "spark", "Properties": {"maximizeResourceAllocation": "true", "other": "1"}},
            {"Classification": "hive-site", "Properties": {}},
            {"Classification": "yarn-site", "Properties": {"yarn.own": "1"}, "Configurations": [{"nested": True}]},
            *defaults(spark_sql_shuffle_partitions="77", spark_own="1"),
        ]
        report = emr(Configurations=own)
        spec = reported(report, "aws-emr").spec
        assert spec.shuffle_partitions == 77
        found = {each["Classification"]: each for each in ask_for(spec, report, "aws-emr")["Configurations"]}  # type: ignore[attr-defined]
        assert found["spark"]["Properties"] == {"other": "1"}
        assert found["hive-site"] == own[1]
        assert found["spark-defaults"]["Properties"]["spark.own"] == "1"
        assert found["yarn-site"]["Properties"]["yarn.own"] == "1"
        assert found["yarn-site"]["Configurations"] == [{"nested": True}]
        assert basis_of(spec, report, "aws-emr")["Configurations"] == own

    def test_the_folder_and_tag_of_one_run_are_not_handed_on(self) -> None:
        told = defaults(spark_eventLog_dir="s3a://logs/p/run-7/eventlog/", spark_eventLog_enabled="true")
        tags = [{"Key": "sync:run-id", "Value": "run-7"}, {"Key": "aws:own", "Value": "1"}]
        report = emr(Configurations=told, Tags=tags)
        found = ask_for(reported(report, "aws-emr").spec, report, "aws-emr", {"sync:project-id": "p"})
        assert found["Tags"] == [{"Key": "sync:project-id", "Value": "p"}]
        assert "spark.eventLog.dir" not in str(found["Configurations"])

    def test_several_types_count_as_the_largest(self) -> None:
        groups = [
            *EMR_GROUPS["Instances"]["InstanceGroups"],
            {
                "InstanceRole": "TASK",
                "InstanceType": "r5.2xlarge",
                "InstanceCount": 6,
                "Market": "SPOT",
                "BidPrice": "1",
            },
        ]
        report = emr_report(EMR_GROUPS | {"Instances": {"InstanceGroups": groups, "Ec2SubnetId": "subnet-1"}}, LIFE)
        spec = reported(report, "aws-emr").spec
        assert str(spec) == "r5.2xlarge × 8 + driver m5.xlarge · 3 on-demand, then spot"
        found: Any = ask_for(spec, report, "aws-emr")["Instances"]
        assert found["Ec2SubnetId"] == "subnet-1"
        assert [(it["InstanceRole"], it["InstanceCount"], it["Market"]) for it in found["InstanceGroups"]] == [
            ("MASTER", 1, "ON_DEMAND"),
            ("CORE", 2, "ON_DEMAND"),
            ("TASK", 6, "SPOT"),
        ]
        assert found["InstanceGroups"][2]["BidPrice"] == "1"

    def test_a_master_alone_is_a_single_node(self) -> None:
        master = {"InstanceGroups": EMR_GROUPS["Instances"]["InstanceGroups"][:1]}
        report = emr_report(EMR_GROUPS | {"Instances": master}, LIFE)
        spec = reported(report, "aws-emr").spec
        assert (spec.workers, spec.slots) == (0, 4)
        found: Any = ask_for(spec, report, "aws-emr")
        assert [it["InstanceRole"] for it in found["Instances"]["InstanceGroups"]] == ["MASTER"]

    def test_all_spot_and_what_disks_have_stay(self) -> None:
        volume = {"VolumeSpecification": {"VolumeType": "gp3", "SizeInGB": 9, "Iops": 4000, "Throughput": 250}}
        disks = {"EbsBlockDeviceConfigs": [volume | {"VolumesPerInstance": 1}]}
        types = [{"InstanceType": "m5.xlarge", "EbsConfiguration": disks, "BidPriceAsPercentageOfOnDemandPrice": 80.0}]
        launch = {"SpotSpecification": {"TimeoutAction": "TERMINATE_CLUSTER", "TimeoutDurationMinutes": 60}}
        fleets = [
            {"InstanceFleetType": role, "TargetSpotCapacity": count, "InstanceTypeConfigs": types,
             "LaunchSpecifications": launch}
            for role, count in (("MASTER", 1), ("CORE", 5))
        ]  # fmt: skip
        report = emr(Instances={"InstanceFleets": fleets, "Ec2SubnetIds": ["subnet-2"]})
        spec = reported(report, "aws-emr").spec
        assert spec.cloud is not None
        assert spec.cloud.cluster.first_on_demand == 0
        found: Any = ask_for(spec, report, "aws-emr")["Instances"]
        assert found["Ec2SubnetIds"] == ["subnet-2"]
        core = found["InstanceFleets"][1]
        assert (core["TargetOnDemandCapacity"], core["TargetSpotCapacity"]) == (0, 5)
        assert core["LaunchSpecifications"] == launch
        assert core["InstanceTypeConfigs"][0]["BidPriceAsPercentageOfOnDemandPrice"] == 80.0
        assert core["InstanceTypeConfigs"][0]["EbsConfiguration"] == disks

    def test_steps_keep_their_words(self) -> None:
        step = {
            "Name": "one",
            "ActionOnFailure": "CONTINUE",
            "HadoopJarStep": {"Jar": "a.jar", "Args": [], "MainClass": "A", "Properties": [{"Key": "k", "Value": "v"}]},
        }
        report = emr(Steps=[step], Applications=[{"Name": "Spark", "Version": "3.5", "Args": ["x"]}])
        found = ask_for(reported(report, "aws-emr").spec, report, "aws-emr")
        assert found["Steps"] == [step]
        assert found["Applications"] == [{"Name": "Spark", "Args": ["x"]}]

    def test_a_step_that_failed_or_was_cancelled(self) -> None:
        def of(state: str, **details: object) -> Reported:
            report = emr()
            report["Steps"][0]["Status"] |= {"State": state, **details}
            return reported(report, "aws-emr")

        assert of("COMPLETED").failure is None
        assert of("FAILED").failure == "The step 'count' failed."
        assert of("FAILED", FailureDetails={"Reason": "Out of memory"}).failure == "Out of memory"
        assert of("CANCELLED").was_stopped

    def test_a_cluster_without_a_master_or_types_is_refused(self) -> None:
        core = EMR_FLEETS["Instances"]["InstanceFleets"][1]
        for fleets in ([core], [{**core, "InstanceTypeConfigs": []}]):
            with pytest.raises(InputError, match="InstanceFleets"):
                reported_cluster(emr_report(EMR_FLEETS, LIFE) | _with_fleets(fleets), "aws-emr", book())

    def test_a_spec_that_rents_nothing_says_no_machines(self) -> None:
        found: Any = ask_for(ClusterSpec.local(4, 4096), emr(), "aws-emr")
        assert "InstanceFleets" not in found["Instances"]


def _with_fleets(fleets: list[dict[str, Any]]) -> dict[str, Any]:
    report = emr_report(EMR_FLEETS, LIFE)
    made = [
        {key: value for key, value in each.items() if key != "InstanceTypeConfigs"}
        | {"InstanceTypeSpecifications": each["InstanceTypeConfigs"]}
        for each in fleets
    ]
    return {"Cluster": report["Cluster"] | {"InstanceFleets": made}}


def test_products_are_known_by_their_codes() -> None:
    assert all(product_of(code) is PRODUCTS[code] for code in PRODUCTS)
    with pytest.raises(InputError, match="aws-emr"):
        product_of("azure-synapse")


def test_what_is_no_document_is_refused() -> None:
    for report in ({"cluster": object()}, {}, {"cluster_report": {"x": 1}}):
        with pytest.raises(InputError):
            reported_run(report, "aws-databricks")
