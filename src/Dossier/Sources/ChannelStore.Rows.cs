using System.Data.Common;
using System.Diagnostics;
using Dapper;
using Dossier.Database;

namespace Dossier.Sources;

/// <summary>The rows of a read, and the read that waits for them without a thread.</summary>
public sealed partial class ChannelStore
{
    // Where something goes wrong it is read twice: not each time, while it does.
    private static readonly TimeSpan NotAgain = TimeSpan.FromSeconds(5);
    private long awaitedFailed;

    /// <summary>
    /// Reads all blocks as one command without a thread that waits. What does not go well (there is no open connection, a block fails, a row
    /// breaks its contract) is read again where a thread may wait, which tells what is wrong with which block.
    /// </summary>
    private async ValueTask<(bool Done, (SourceFacts Facts, Dictionary<string, string> Failures) Read)> AwaitAsync(SourceQuery query, string[] blocks, CancellationToken abandoned)
    {
        if (!harmless || Stopwatch.GetElapsedTime(Volatile.Read(ref awaitedFailed)) < NotAgain || !pool!.TryRent(out var rented))
        {
            return default;
        }

        var facts = new SourceFacts(Name);
        try
        {
            await ReadAsync(rented.Connection, Queries!.BatchOf(blocks, pool), query, facts, abandoned);
            rented.Healthy = true;
            return (true, (facts, []));
        }
        catch (DbException late) when (pool.Vendor.IsTimeout(late))
        {
            // It had its time.
            throw new TimeoutException(late.Message, late);
        }
        catch (Exception failed) when (failed is DbException or RowException)
        {
            Volatile.Write(ref awaitedFailed, Stopwatch.GetTimestamp());
            return default;
        }
        finally
        {
            rented.DisposeElsewhere();
        }
    }

    private async Task ReadAsync(DbConnection connection, BlockBatch batch, SourceQuery query, SourceFacts facts, CancellationToken abandoned)
    {
        var parameters = new SourceParameters(pool!.Vendor, options, Name, defaultCountry, query, batch.Parameters);

        // No time-out of the driver's: it would tell the server so on a thread of the pool. Whoever waits gives it up before.
        var wrapped = await connection.ExecuteReaderAsync(new CommandDefinition(batch.Text, parameters, commandTimeout: 0, cancellationToken: abandoned));
        var reader = wrapped is IWrappedDataReader own ? (DbDataReader)own.Reader : wrapped;
        try
        {
            foreach (var block in batch.Blocks)
            {
                var rows = new BlockRows(this, connection, reader, block, query, facts);
                while (await reader.ReadAsync(abandoned) && rows.Take(abandoned))
                {
                }

                await reader.NextResultAsync(abandoned);
            }
        }
        catch (RowException)
        {
            // To the end of the answer while it can be given up, or who closes it waits for that end.
            while (await reader.NextResultAsync(abandoned))
            {
            }

            throw;
        }
        finally
        {
            await wrapped.DisposeAsync();
        }
    }

    /// <summary>Takes the rows of one block.</summary>
    private readonly struct BlockRows
    {
        private readonly ChannelStore store;
        private readonly QueryBlock block;
        private readonly SourceFacts facts;
        private readonly Row row;
        private readonly int most;
        private readonly int before;

        public BlockRows(ChannelStore store, DbConnection connection, DbDataReader reader, QueryBlock block, SourceQuery query, SourceFacts facts)
        {
            (this.store, this.block, this.facts, most, before) = (store, block, facts, block.Most(query), facts.Rows);
            if (store.pool!.ColumnsOf(connection, block.Text) is not BlockColumns known)
            {
                known = store.Columns(block.Contract, reader, facts);
                store.pool.KeepColumns(connection, block.Text, known);
            }

            row = new Row(reader, known.Ordinals, block.Contract);
        }

        /// <summary>Takes the row that the reader stands at.</summary>
        /// <returns>False if the block has given all that it may.</returns>
        public bool Take(CancellationToken abandoned)
        {
            if (facts.Rows - before == most)
            {
                Interlocked.Increment(ref store.cutOff);
                return block.IsWhole ? throw new RowException($"block '{block.Contract.Name}' gives more than {most} rows for one customer") : false;
            }

            // Rows that come one by one, too slowly, never meet the driver's own time-out.
            abandoned.ThrowIfCancellationRequested();
            facts.Rows++;
            try
            {
                block.Contract.Read(row, facts);
            }
            catch (Exception unreadable) when (unreadable is InvalidCastException or OverflowException or FormatException or ArgumentOutOfRangeException)
            {
                // Drivers have no room for some values: NaN as an amount, a day in the year 20205.
                throw new RowException($"block '{block.Contract.Name}' has a value that cannot be read ({unreadable.GetType().Name})");
            }

            return true;
        }
    }
}
