#!/bin/bash
# Made by: fanfold submit jobs/pi.toml
#SBATCH --job-name=pi
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=00:01:00
#SBATCH --output=pi.run.log
#SBATCH --open-mode=append
#SBATCH --no-kill
#SBATCH --requeue
#SBATCH --signal=B:USR1@10

cd /home/ada/pi || exit 2
fanfold=/opt/fanfold/bin/fanfold
run=pi.run

# How many tasks the run file has.
recorded() {
  local count
  count=$("$fanfold" status "$run" --json 2>/dev/null | grep -o '"finished":[0-9]*' | head -n 1)
  count=${count#*:}
  echo "${count:-0}"
}

# Asks the run to stop: it starts no more tasks, and ends with 75 when those that run have ended. It is asked
# once more after $1 seconds: then it gives them up.
stop() {
  signalled=yes
  [ -n "$launcher" ] || return
  kill -USR1 "$launcher"
  (sleep "$1"; kill -USR1 "$launcher") >/dev/null 2>&1 &
}

# USR1: the time of this allocation is nearly over. TERM, USR2: somebody cancels the job.
launcher=
again=yes
trap 'stop 5' USR1
trap 'again=no; stop 1' TERM USR2

# If this node dies, Slurm keeps the job on the others, and nobody is left to go on. So one of the others looks
# whether the job still has this node, and if not, has it queued again.
nodes_of_job() {
  local list
  list=$(squeue --noheader --jobs="$SLURM_JOB_ID" --states=RUNNING --format=%N)
  [ -n "$list" ] && scontrol show hostnames "$list"
}
watch_over() {
  local nodes
  while sleep 30; do
    nodes=$(nodes_of_job) || continue
    grep -qxF "$1" <<<"$nodes" && continue
    echo "$run: node $1 has died, which ran this script: queued again" >>"$run.log"
    scontrol requeue "$SLURM_JOB_ID"
  done
}
keep_watch() {
  local other
  while true; do
    other=$(nodes_of_job | grep -vxF -m 1 "$SLURMD_NODENAME") &&
      srun --overlap --nodes=1 --ntasks=1 --nodelist="$other" --export=ALL --mpi=none --input=none \
        bash -c "$(declare -p run; declare -f nodes_of_job watch_over); watch_over $SLURMD_NODENAME"
    sleep 30 # that node has died, or the job is at its end
  done
}
set -m # its processes on this node in a group of their own, to be ended together
keep_watch >/dev/null 2>&1 </dev/null &
set +m
trap "kill -KILL -- -$! 2>/dev/null" EXIT # Slurm ends those on the other, once it knows that the script has ended

before=$(recorded)
"$fanfold" run -n 2 --run "$run" jobs/pi.toml &
launcher=$!
signalled=yes
while [ $signalled = yes ]; do # a signal ends the waiting, not the run
  signalled=no
  wait "$launcher"
  status=$?
done

trap '' USR1 # nothing runs any more that could be asked to stop
case $status in
  0 | 1 | 2) exit $status ;; # it ended, or cannot be run
esac
[ $again = yes ] || exit $status
after=$(recorded)
if [ "$after" -le "$before" ]; then
  echo "$run: exit status $status and no task more than the $before before: not queued again" >&2
  exit $status
fi
echo "$run: exit status $status, $after tasks recorded, $before before: queued again" >&2
scontrol requeue "$SLURM_JOB_ID"
exit $status
