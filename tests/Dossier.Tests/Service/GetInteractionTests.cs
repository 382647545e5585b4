using Dossier.Tests.Fixtures;
using Dossier.V1;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>One interaction with its messages, for the customer whose it is.</summary>
public sealed class GetInteractionTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private const string Facebook = "customers/1042/sources/webcare/interactions/cnv-000214";
    private readonly DossierHost host = shared.Host;

    [Fact]
    public async Task Every_interaction_of_a_listing_can_be_got_by_its_name()
    {
        var listed = await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/1042", IncludeMessages = true });

        Assert.Equal(9, listed.Interactions.Count);
        foreach (var interaction in listed.Interactions)
        {
            Assert.Equal(interaction, (await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = interaction.Name })).Interaction);
        }
    }

    [Fact]
    public async Task It_comes_with_its_messages_oldest_first()
    {
        var found = (await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = Facebook })).Interaction;

        Assert.Equal(Facebook, found.Name);
        Assert.InRange(found.Messages.Count, 3, 20);
        Assert.Equal(found.Messages.OrderBy(message => message.OccurTime), found.Messages);
        Assert.Equal(InteractionMessage.Types.Author.Customer, found.Messages[0].Author);
        Assert.Contains("🤔", found.Messages[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("customers/1042/sources/webcare/interactions/cnv-999999")]
    [InlineData("customers/1042/sources/webcare/interactions/CNV-000214")]
    [InlineData("customers/1043/sources/webcare/interactions/cnv-000214")]
    [InlineData("customers/1043/sources/telephony/interactions/20260907-00147")]
    [InlineData("customers/1043/sources/administration/interactions/UIT-2026-002264")]
    [InlineData("customers/1042/sources/nowhere/interactions/cnv-000214")]
    [InlineData("customers/1042/sources/registry/interactions/cnv-000214")]
    [InlineData("customers/9999/sources/webcare/interactions/cnv-000214")]
    public async Task What_is_not_there_or_is_another_customers_is_not_found(string name)
    {
        var refused = await Refused.ByAsync(async () => await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = name }));

        Assert.Equal((StatusCode.NotFound, "RESOURCE_NOT_FOUND"), (refused.Code, refused.Reason));
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_unavailable_and_never_not_found()
    {
        await host.GetAsync("1042");
        using (StoreFault.MovedAway(host, "webcare"))
        {
            var refused = await Refused.ByAsync(async () => await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = Facebook }));

            Assert.Equal((StatusCode.Unavailable, "SOURCE_UNREACHABLE"), (refused.Code, refused.Reason));
            Assert.Equal("sources/webcare", refused.Info.Metadata["source"]);

            // What stands elsewhere is there all the same.
            await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = "customers/1042/sources/telephony/interactions/20260907-00147" });
        }

        await Soon.BecomesAsync(async () => (await host.GetAsync("1042")).Unreachable.Count == 0);
        await host.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = Facebook });
    }

    [Fact]
    public async Task An_id_that_no_resource_name_can_hold_is_written_in_another_way_and_found_again()
    {
        await using var own = await Patient.StartAsync();
        const string Id = "gesprek 1/2; \u05d0'--\ud83d\ude42";
        Rows.Execute(
            own.FileOf("webcare"),
            $"UPDATE post SET thread_id = '{Id.Replace("'", "''", StringComparison.Ordinal)}' WHERE thread_id = 'cnv-000214'; UPDATE thread SET thread_id = '{Id.Replace("'", "''", StringComparison.Ordinal)}' WHERE thread_id = 'cnv-000214'");

        var listed = (await own.GetAsync("1042")).Interactions.Single(interaction => interaction.Channel == "facebook");
        Assert.Matches("^customers/1042/sources/webcare/interactions/~[A-Za-z0-9_-]+$", listed.Name);
        var found = (await own.Dossiers.GetInteractionAsync(new GetInteractionRequest { Name = listed.Name })).Interaction;

        Assert.Equal(listed, found);
        Assert.NotEmpty(found.Messages);
    }
}
