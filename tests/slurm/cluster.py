"""A real SLURM on this host: munged, slurmctld and one slurmd a node, all in one scratch folder."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

#: Debian's packages of these programs: slurmctld, slurmd, slurm-client, munge.
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "sinfo", "scancel")

#: Where jobs look for the configuration; the variable SLURM_CONF does not reach them.
SYSTEM_CONF = Path("/etc/slurm/slurm.conf")

#: Where slurmdbd looks for its own.
DATABASE_SYSTEM_CONF = SYSTEM_CONF.with_name("slurmdbd.conf")

#: Debian's packages of what keeps accounts: slurmdbd, mariadb-server.
ACCOUNT_PROGRAMS = ("slurmdbd", "mariadbd", "mariadb-install-db")

#: Seconds after which a wait for the cluster is given up.
PATIENCE = 60.0

#: Environment variable of every process of a job.
MARK = b"SLURM_CLUSTER_NAME=neuroloop"

#: States of a job that has not ended.
UNENDED = ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "REQUEUED")

NODES = ("c1", "c2", "g1", "g2")

CONF = """\
ClusterName=neuroloop
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/munge.sock,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SwitchType=switch/none
MpiDefault=none
ReturnToService=0
SlurmdParameters=config_overrides
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
LaunchParameters=send_gids
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0,requeue_delay=1
SelectType={select}
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=200
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
InactiveLimit=0
KillWait=2
MinJobAge=3600
MessageTimeout=10
SlurmctldTimeout=30
SlurmdTimeout=10
{accounting}
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/log/jobcomp.txt
NodeName=c1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=64000
NodeName=c2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=64000
NodeName=g1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[3]} CPUs=2 RealMemory=64000 \
Gres=gpu:h100:2
NodeName=g2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[4]} CPUs=2 RealMemory=64000 \
Gres=gpu:h100:2
PartitionName=cpu Nodes=c1,c2 Default=YES MaxTime=INFINITE State=UP PriorityTier=10
PartitionName=gpu Nodes=g1,g2 MaxTime=INFINITE State=UP PriorityTier=10
PartitionName=gpu2 Nodes=g2 MaxTime=INFINITE State=UP PriorityTier=10
PartitionName=short Nodes=c1 MaxTime=60 State=UP PriorityTier=10
"""

ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={folder}/munge/munge.sock
AccountingStorageEnforce=associations,limits,qos
AccountingStorageTRES=gres/gpu"""

DATABASE_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge/munge.sock
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={own_port}
SlurmUser=root
LogFile={folder}/log/slurmdbd.log
PidFile={folder}/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={port}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
"""

GRANTS = "create database slurm_acct_db;" + "".join(
    f"create user 'slurm'@'{host}' identified by 'slurm';"
    f"grant all on slurm_acct_db.* to 'slurm'@'{host}';"
    for host in ("localhost", "127.0.0.1")
)

GRES = """\
AutoDetect=off
NodeName=g[1-2] Name=gpu Type=h100 File={folder}/dev/nvidia[0-1]
"""


@dataclass
class Cluster:
    """A running cluster: partition ``cpu`` of nodes c1, c2 and ``gpu`` of g1, g2.

    A third, ``gpu2``, is of g2 alone; a fourth, ``short``, of c1, lets a job run an hour.

    Each node of ``gpu`` has two devices that are copies of /dev/null: SLURM hands them out, and
    no CUDA program finds a GPU behind them.

    Attributes
    ----------
    folder : Path
        Everything of it lies here, but for the link `SYSTEM_CONF`.
    accounts : bool
        Whether it keeps accounts, in a database that ends with it: account ``lab``, user root.
    select : str
        Plugin that hands out the nodes.
    """

    folder: Path
    accounts: bool = False
    select: str = "select/cons_tres"
    _pid_files: list[Path] = field(default_factory=list)

    def start(self) -> None:
        """Start all daemons and wait until every node is idle."""
        for name in ("munge", "state", "run", "log", "dev", *(f"spool/{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        for number in (0, 1):
            os.mknod(self.folder / f"dev/nvidia{number}", 0o20666, os.makedev(1, 3))
        conf = self.folder / "slurm.conf"
        accounting = "AccountingStorageType=accounting_storage/none"
        ports = free_ports(3 + len(NODES))
        if self.accounts:
            accounting = ACCOUNTING.format(folder=self.folder, port=ports[-1])
        text = CONF.format(
            folder=self.folder, ports=ports, accounting=accounting, select=self.select
        )
        conf.write_text(text)
        (self.folder / "gres.conf").write_text(GRES.format(folder=self.folder))
        SYSTEM_CONF.parent.mkdir(exist_ok=True)
        SYSTEM_CONF.symlink_to(conf)
        self._start_munge()
        if self.accounts:
            self._start_accounts(*ports[-2:])
        self.start_controller()
        for node in NODES:
            self._pid_files.append(self.folder / f"run/slurmd-{node}.pid")
            self.call("slurmd", "-f", str(conf), "-N", node)
        wait_for(lambda: self.states() == dict.fromkeys(NODES, "idle"), "idle nodes")

    def _start_munge(self) -> None:
        munge = self.folder / "munge"
        key = munge / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        munge.chmod(0o755)
        self._pid_files.append(munge / "munged.pid")
        self.call(
            "munged",
            "--force",
            f"--key-file={key}",
            f"--socket={munge}/munge.sock",
            f"--pid-file={munge}/munged.pid",
            f"--log-file={munge}/munged.log",
            f"--seed-file={munge}/seed",
        )

    def _start_accounts(self, port: int, own_port: int) -> None:
        """Start a database server and slurmdbd, and make the account."""
        data, socket_file = self.folder / "data", self.folder / "run/database.sock"
        server = ["--no-defaults", f"--datadir={data}", "--user=root"]
        self.call(
            "mariadb-install-db",
            *server,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )
        pid_file = self.folder / "run/mariadbd.pid"
        self._pid_files.append(pid_file)
        address = [f"--socket={socket_file}", f"--port={port}", "--bind-address=127.0.0.1"]
        with (self.folder / "log/mariadbd.log").open("wb") as log:
            subprocess.Popen(
                ["mariadbd", *server, *address, f"--pid-file={pid_file}"], stdout=log, stderr=log
            )
        sql = ["mariadb", "--no-defaults", f"--socket={socket_file}", "-uroot", "-e", GRANTS]
        wait_for(
            lambda: not subprocess.run(sql, capture_output=True, check=False).returncode, "SQL"
        )
        text = DATABASE_CONF.format(folder=self.folder, port=port, own_port=own_port)
        conf = self.folder / "slurmdbd.conf"
        conf.write_text(text)
        conf.chmod(0o600)
        DATABASE_SYSTEM_CONF.symlink_to(conf)
        self.start_database()
        for what in (
            "cluster neuroloop",
            "account lab",
            "user root account=lab defaultaccount=lab",
        ):
            self.call("sacctmgr", "-i", "add", *what.split())
        self.call("sacctmgr", "-i", "modify", "user", "root", "set", "defaultaccount=lab")

    def start_database(self) -> None:
        """Start the daemon that keeps accounts."""
        pid_file = self.folder / "run/slurmdbd.pid"
        if pid_file not in self._pid_files:
            self._pid_files.append(pid_file)
        self.call("slurmdbd")
        wait_for(lambda: succeeds(["sacctmgr", "-n", "list", "cluster"]), "an answer of slurmdbd")

    def stop_database(self) -> None:
        """Stop the daemon that keeps accounts; jobs go on."""
        end_process(self.folder / "run/slurmdbd.pid")

    def limit(self, **limits: object) -> None:
        """Set limits of the account's user; -1 takes one away."""
        named = [f"{name}={number}" for name, number in limits.items()]
        self.call("sacctmgr", "-i", "modify", "user", "root", "where", "account=lab", "set", *named)

    def start_controller(self) -> None:
        """Start the daemon that hands out the nodes."""
        pid_file = self.folder / "run/slurmctld.pid"
        if pid_file not in self._pid_files:
            self._pid_files.append(pid_file)
        self.call("slurmctld", "-f", str(self.folder / "slurm.conf"))
        wait_for(lambda: self.answers(), "an answer of the controller")

    def stop_controller(self) -> None:
        """Stop the daemon that hands out the nodes; jobs go on."""
        end_process(self.folder / "run/slurmctld.pid")

    def stop(self) -> None:
        """Cancel every job and end every process that was started, by its pid."""
        try:
            subprocess.run(["scancel", "--user=root"], capture_output=True, timeout=30, check=False)
            with suppress(TimeoutError):  # what is left then is killed below
                wait_for(lambda: not self.queue(), "an empty queue", patience=20)
        finally:
            SYSTEM_CONF.unlink(missing_ok=True)
            DATABASE_SYSTEM_CONF.unlink(missing_ok=True)
            for pid_file in reversed(self._pid_files):
                end_process(pid_file)
            for pid in self.left_processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def left_processes(self) -> list[int]:
        """Processes of jobs, by what SLURM wrote into their environment."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                variables = path.read_bytes().split(b"\0")
            except OSError:  # it has ended, or is none of ours
                continue
            if MARK in variables:
                found.append(int(path.parent.name))
        return found

    def call(self, *command: str) -> str:
        """Run a command, which must succeed, and return what it prints."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def answers(self) -> bool:
        """Whether the controller answers."""
        done = subprocess.run(
            ["scontrol", "ping"], capture_output=True, text=True, timeout=30, check=False
        )
        return " is UP" in done.stdout

    def states(self) -> dict[str, str]:
        """State of each node."""
        lines = self.call("sinfo", "-h", "-N", "-o", "%N %t").splitlines()
        return dict(line.split() for line in lines)

    def jobs(self) -> list[dict[str, str]]:
        """Every job that the cluster has had.

        Returns
        -------
        list of dict
            ``id``, ``state``, ``start``, ``end``, ``memory``, ``partition``, ``nodes``,
            ``folder`` and ``job`` (rule and wildcards), and ``rule``; in the order of the ids.
        """
        keys = ("id", "state", "start", "end", "memory", "partition", "nodes", "folder", "job")
        layout = "%i|%T|%S|%e|%m|%P|%N|%Z|%k"
        lines = self.call("squeue", "-h", "-t", "all", "-o", layout).splitlines()
        jobs = [dict(zip(keys, line.split("|"), strict=True)) for line in lines]
        for job in jobs:
            job["rule"] = job["job"].removeprefix("rule_").split("_wildcards_")[0]
        return sorted(jobs, key=lambda job: int(job["id"]))

    def queue(self, folder: Path | None = None) -> list[dict[str, str]]:
        """Jobs that have not ended, of all folders or of one."""
        return [
            job
            for job in self.jobs()
            if job["state"] in UNENDED and folder in (None, Path(job["folder"]))
        ]

    def emptied(self, folder: Path, patience: float = 30) -> bool:
        """Whether no job of a folder is left, once SLURM has tidied up behind those that ended."""
        end = time.monotonic() + patience
        while (left := self.queue(folder)) and all(job["state"] == "COMPLETING" for job in left):
            if time.monotonic() > end:
                break
            time.sleep(0.5)
        return not left

    def node(self, name: str, state: str) -> None:
        """Set a node ``down`` or back (``resume``)."""
        self.call("scontrol", "update", f"nodename={name}", f"state={state}", "reason=test")


def missing(accounts: bool = False) -> str:
    """Why no cluster, or none that keeps accounts, can be started here; empty if one can."""
    wanted = PROGRAMS + (ACCOUNT_PROGRAMS if accounts else ())
    absent = [name for name in wanted if not shutil.which(name)]
    if absent:
        packages = "slurmctld slurmd munge" + (" slurmdbd mariadb-server" if accounts else "")
        return f"no SLURM here ({', '.join(absent)}): apt-get install {packages}"
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        return "a host has one cluster: run tests/slurm by itself, without -n (make test does)"
    if os.geteuid() != 0:
        return "starting a SLURM cluster needs root"
    if SYSTEM_CONF.exists() or SYSTEM_CONF.is_symlink():
        return f"{SYSTEM_CONF} is there: this host belongs to a cluster"
    return ""


def succeeds(command: list[str]) -> bool:
    """Whether a command ends well."""
    return not subprocess.run(command, capture_output=True, timeout=30, check=False).returncode


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def end_process(pid_file: Path) -> None:
    """End the process of a pid file, and wait until it is gone."""
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text())
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
            wait_for(lambda: not alive(pid), f"the end of process {pid}", patience=20)
        except ProcessLookupError:
            return
        except TimeoutError:
            continue
        return


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(reached: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Ask again and again until something is so.

    Raises
    ------
    TimeoutError
        If it is not after `patience` seconds.
    """
    end = time.monotonic() + patience
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {patience:g} s for {what}")
        time.sleep(0.2)
