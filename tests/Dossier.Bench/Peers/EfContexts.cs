using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Dossier.Bench.Peers;

/// <summary>The stores' tables as EF Core maps them: a context for each database, columns by their names in snake case.</summary>
internal abstract class StoreContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>SQLite keeps some moments as numbers; PostgreSQL none.</summary>
    protected bool IsSqlite => Database.ProviderName!.EndsWith("Sqlite", StringComparison.Ordinal);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            entity.SetTableName(Snake(entity.ClrType.Name));
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(Snake(property.Name));
            }
        }
    }

    /// <summary>Moments that SQLite keeps as whole units since 1970.</summary>
    protected static ValueConverter<DateTime, long> Since1970(long ticksEach) =>
        new(moment => (moment.Ticks - DateTime.UnixEpoch.Ticks) / ticksEach, units => new DateTime((units * ticksEach) + DateTime.UnixEpoch.Ticks, DateTimeKind.Utc));

    private static string Snake(string pascal) => EnumWords.UpperSnake(pascal).ToLowerInvariant();
}

internal sealed class AdministrationContext(DbContextOptions<AdministrationContext> options) : StoreContext(options)
{
    public DbSet<Debtor> Debtors => Set<Debtor>();

    public DbSet<Billed> Invoices => Set<Billed>();

    public DbSet<Dunning> Dunnings => Set<Dunning>();

    public DbSet<Correspondence> Correspondence => Set<Correspondence>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Debtor>().HasKey(debtor => debtor.DebtorNo);
        modelBuilder.Entity<Debtor>().HasMany(debtor => debtor.ContactPersons).WithOne().HasForeignKey(person => person.DebtorNo);
        modelBuilder.Entity<Debtor>().HasOne(debtor => debtor.Representative).WithOne().HasForeignKey<Representative>(acting => acting.DebtorNo);
        modelBuilder.Entity<ContactPerson>().HasKey(person => new { person.DebtorNo, person.Seq });
        modelBuilder.Entity<Representative>().HasKey(acting => acting.DebtorNo);
        modelBuilder.Entity<Billed>().HasKey(invoice => invoice.InvoiceNo);
        modelBuilder.Entity<Billed>().HasMany(invoice => invoice.Lines).WithOne().HasForeignKey(line => line.InvoiceNo);
        modelBuilder.Entity<InvoiceLine>().HasKey(line => new { line.InvoiceNo, line.LineNo });
        modelBuilder.Entity<Dunning>().HasKey(notice => notice.DunningNo);
        modelBuilder.Entity<Dunning>().HasMany(notice => notice.Items).WithOne().HasForeignKey(item => item.DunningNo);
        modelBuilder.Entity<DunningItem>().HasKey(item => new { item.DunningNo, item.InvoiceNo });
        modelBuilder.Entity<Correspondence>().HasKey(letter => letter.DocumentNo);
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<Billed>().ToTable("invoice");
    }
}

internal sealed class TelephonyContext(DbContextOptions<TelephonyContext> options) : StoreContext(options)
{
    public DbSet<Call> Calls => Set<Call>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Call>().HasKey(call => call.CallId);
        base.OnModelCreating(modelBuilder);
        if (IsSqlite)
        {
            foreach (var moment in modelBuilder.Model.FindEntityType(typeof(Call))!.GetProperties().Where(property => property.ClrType == typeof(DateTime)))
            {
                moment.SetValueConverter(Since1970(TimeSpan.TicksPerSecond));
            }
        }
    }
}

internal sealed class WebcareContext(DbContextOptions<WebcareContext> options) : StoreContext(options)
{
    public DbSet<Contact> Contacts => Set<Contact>();

    public DbSet<Profile> Profiles => Set<Profile>();

    public DbSet<Conversation> Conversations => Set<Conversation>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Contact>().HasKey(contact => contact.ContactId);
        modelBuilder.Entity<Profile>().HasKey(profile => new { profile.Network, profile.Page, profile.ExternalId });
        modelBuilder.Entity<Conversation>().HasKey(thread => thread.ThreadId);
        modelBuilder.Entity<Conversation>().HasOne(thread => thread.Contact).WithMany().HasForeignKey(thread => thread.ContactId);
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<Conversation>().ToTable("thread");
    }
}

internal sealed class RegistryContext(DbContextOptions<RegistryContext> options) : StoreContext(options)
{
    public DbSet<ChangeCounter> Counters => Set<ChangeCounter>();

    public DbSet<KeyLink> Links => Set<KeyLink>();

    public DbSet<Agreement> Agreements => Set<Agreement>();

    public DbSet<AgreementRevision> Revisions => Set<AgreementRevision>();

    public DbSet<Acknowledgement> Acknowledgements => Set<Acknowledgement>();

    public DbSet<Confirmed> Actions => Set<Confirmed>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ChangeCounter>().HasKey(counter => counter.One);
        modelBuilder.Entity<KeyLink>().HasKey(link => new { link.Customer, link.KeyType, link.KeyValue });
        modelBuilder.Entity<Agreement>().HasKey(agreement => new { agreement.Customer, agreement.Id });
        modelBuilder.Entity<AgreementRevision>().HasKey(revision => new { revision.Customer, revision.Id, revision.Revision });
        modelBuilder.Entity<Acknowledgement>().HasKey(said => new { said.Customer, said.Id, said.BindingRevision, said.System });
        modelBuilder.Entity<Confirmed>().HasKey(action => new { action.Customer, action.Id });
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<Confirmed>().ToTable("action");
        if (IsSqlite)
        {
            foreach (var moment in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties())
                .Where(property => property.ClrType == typeof(DateTime) || property.ClrType == typeof(DateTime?)))
            {
                moment.SetValueConverter(Since1970(TimeSpan.TicksPerMicrosecond));
            }
        }
    }
}
