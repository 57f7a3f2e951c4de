#!/bin/bash
# Made by: fanfold submit 'my job.toml' --nodes 4 --array 3 -- --mem=64G
#BSUB -J "job_2nd_job[1-3]"
#BSUB -n 8
#BSUB -R "span[ptile=2]"
#BSUB -R "affinity[core(8)]"
#BSUB -W 12:00
#BSUB -q long
#BSUB -P physics
#BSUB -o "out/my job.part%I.run.log"
#BSUB -r
#BSUB -Q "99"
#BSUB --mem=64G 'two words'

cd '/home/ada/my jobs' || exit 2
fanfold=/opt/fanfold/bin/fanfold
part=$LSB_JOBINDEX
run='out/my job.part'"$part".run
export OMPI_MCA_orte_default_hostfile=$LSB_DJOB_HOSTFILE
module load openmpi
ulimit -n 4096

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
trap 'stop 150' USR1
trap 'again=no; stop 1' TERM USR2

before=$(recorded)
"$fanfold" run -n 8 --run "$run" --part "$part/3" --io-threads 8 --compute-threads 8 --walltime $((43200 - SECONDS)) --retries=2 --set 'x=[1, 2]' 'my job.toml' &
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
exit 99 # LSF queues the job again
